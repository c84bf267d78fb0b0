import { describe, expect, it } from 'vitest'
import { protectedAttributeIn, refuseProtected, refuseProtectedNames } from '../../../worker/domain/pricing/protected-attributes.ts'

describe('protectedAttributeIn', () => {
  it.each([
    'race',
    'Ethnicity',
    'RELIGION',
    'sex',
    'gender',
    'genders',
    'user.gender',
    'is-female',
    'sexual_orientation',
    'sexualOrientation',
    'SexualOrientation',
    'disability',
    'isDisabled',
    'national origin',
    'nationalorigin',
    'age',
    'ageGroup',
    'AGE_GROUP',
    'age25to34',
    'customer_age',
    'agegroup',
    'pregnant',
    'genetic_risk',
    'veteran',
    'maritalStatus',
    'marital',
    'géndér',
    'health-condition',
    'date_of_birth',
    'dob',
  ])('finds one in %j', (name) => {
    expect(protectedAttributeIn(name)).not.toBeNull()
  })

  it.each([
    'price_sensitive',
    'returning',
    'page_group',
    'package_range',
    'engaged',
    'average_basket',
    'account_age_30d',
    'cartAge',
    'trace_id',
    'embrace',
    'sextant',
    'essex',
    'language',
    'mobile',
    'black_friday',
    'cookies_disabled',
    'large_cart',
    '',
    '🙂',
    'manager',
  ])('finds none in %j', (name) => {
    expect(protectedAttributeIn(name)).toBeNull()
  })
})

describe('refuseProtected', () => {
  it('points at the name', () => {
    expect(() => refuseProtected(['returning', 'religion'], 'behaviorFlags')).toThrow(
      expect.objectContaining({ code: 'protected_attribute', field: 'behaviorFlags.1' }),
    )
    expect(() => refuseProtected(['returning'], 'behaviorFlags')).not.toThrow()
  })
})

describe('refuseProtectedNames', () => {
  it.each([
    [{ gender: 'f' }, 'gender'],
    [{ country: 'DE', profile: { segments: [{ ageGroup: '60+' }] } }, 'profile.segments.0.ageGroup'],
    [{ profile: { race: 1 } }, 'profile.race'],
  ])('finds the name in %j', (said, field) => {
    expect(() => refuseProtectedNames(said, new Set(['country']))).toThrow(expect.objectContaining({ code: 'protected_attribute', field }))
  })

  it('takes names that mean something here, values, and places in a list', () => {
    expect(() => refuseProtectedNames({ sex: 1, country: { city: 'Essex' }, words: ['gender'] }, new Set(['sex']))).not.toThrow()
  })
})
