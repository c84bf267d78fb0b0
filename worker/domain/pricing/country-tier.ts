import type { PricingSettings } from './types.ts'

/** Id of the purchasing-power tier of a country, by the settings: the tier that lists it, else the first; null where the country is not known. */
export function countryTierOf(settings: PricingSettings, country: string | null): string | null {
  if (country === null) return null
  const { purchasingPowerTiers: tiers = [] } = settings as {
    purchasingPowerTiers?: readonly { id: string; countries: readonly string[] }[]
  }
  return (tiers.find(({ countries }) => countries.includes(country)) ?? tiers[0])?.id ?? null
}
