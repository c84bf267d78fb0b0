import { expect, it } from 'vitest'
import { countryTierOf } from '../../../worker/domain/pricing/country-tier.ts'
import { settings } from './fixtures.ts'

const tiers = [
  { id: 'high', countries: [], share: 1 },
  { id: 'low', countries: ['MW', 'NE'], share: 0.4 },
]

it('is the tier that lists the country, else the first, and none for a country that is not known', () => {
  const terms = { ...settings(), purchasingPowerTiers: tiers }
  expect(['NE', 'US', null].map((country) => countryTierOf(terms, country))).toEqual(['low', 'high', null])
})
