import type { PricingSettings, PurchasingPowerTier } from './types.ts'

/**
 * Tiers of a new deployment: the World Bank's income groups of its fiscal year 2025 (gross national income a head in 2023,
 * https://datahelpdesk.worldbank.org/knowledgebase/articles/906519), as far as they are not high income. Shares lie between
 * the list price and what its price levels alone would say (a half to a third of the United States'): digital goods are
 * dearer than haircuts. A country listed nowhere is in the first tier.
 */
export const DEFAULT_TIERS: readonly PurchasingPowerTier[] = [
  { id: 'high', countries: [], share: 1 },
  {
    id: 'upper_middle',
    countries: inRows(
      'AL DZ AR AM AZ BY BZ BA BW BR CN CO CR CU DM DO EC SV GQ FJ GA GE GD GT ID IR IQ',
      'JM KZ XK LY MY MV MH MU MX MD MN ME NA MK PY PE RS ZA LC VC SR TH TO TR TM TV UA',
    ),
    share: 0.7,
  },
  {
    id: 'lower_middle',
    countries: inRows(
      'AO BD BJ BT BO CV KH CM KM CG CI DJ EG SZ GH GN HT HN IN JO KE KI KG LA LB LS',
      'MR FM MA MM NP NI NG PK PG PH WS ST SN SB LK TJ TZ TL TN UZ VU VN PS ZM ZW',
    ),
    share: 0.5,
  },
  { id: 'low', countries: inRows('AF BF BI CF TD CD ER ET GM GW KP LR MG MW ML MZ NE RW SL SO SS SD SY TG UG YE'), share: 0.4 },
]

function inRows(...rows: readonly string[]): string[] {
  return rows.flatMap((row) => row.split(' '))
}

/** By settings, which never change once they are read: which tier a country is in. */
const byCountry = new WeakMap<PricingSettings, Map<string, PurchasingPowerTier>>()

/** Tier of a country: the one that lists it, else the first, which pays the whole list price. */
export function tierOf(settings: PricingSettings, country: string | null): PurchasingPowerTier {
  // Versions from before there were tiers have none.
  const tiers = settings.purchasingPowerTiers ?? DEFAULT_TIERS
  let known = byCountry.get(settings)
  if (!known) {
    known = new Map(tiers.flatMap((tier) => tier.countries.map((member) => [member, tier] as const)))
    byCountry.set(settings, known)
  }
  return (country === null ? undefined : known.get(country)) ?? (tiers[0] as PurchasingPowerTier)
}
