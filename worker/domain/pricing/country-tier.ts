import { tierOf } from './purchasing-power.ts'
import type { PricingSettings } from './types.ts'

/** Id of the purchasing-power tier of a country, by the settings: the tier that lists it, else the first; null where the country is not known. */
export function countryTierOf(settings: PricingSettings, country: string | null): string | null {
  return country === null ? null : tierOf(settings, country).id
}
