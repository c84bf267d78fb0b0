import type { FlagAnswer } from '../../worker/contract/flags.ts'
import type { Pricing } from '../types.ts'

const REASONS: Record<string, string> = {
  list: 'the list price',
  contract: 'the price of the subscription',
  kill_switch: 'the list price: optimisation is switched off',
  consent: 'the list price: profiling is refused',
  holdout: 'the list price: one of the few who are held out of everything',
  market: 'by a market rule',
  segment: 'by a segment rule',
  demand: 'by demand',
  step_limit: 'on its way back to the list price, a step a day',
}

/** Why a variant is what it is. */
export function variantWords(reason: FlagAnswer['reason'], chance: unknown): string {
  switch (reason) {
    case 'SPLIT':
      return typeof chance === 'number' ? `drawn with a chance of ${Math.round(chance * 100)} %` : 'drawn'
    case 'STATIC':
      return 'forced by the address, and not counted'
    case 'DISABLED':
      return 'the control: it does not run, or profiling is refused'
    default:
      return 'the control: not for this visitor'
  }
}

/** Steps that may move a price after its reason has set it. */
const HELD: Record<string, string> = {
  living_quote: 'held at the earlier quote, which is still alive',
  step_limit: 'held at the limit of a day',
  floor: 'held at the floor',
  ceiling: 'held at the ceiling',
  margin: 'held at the minimum margin',
}

/** Why a price is what it is, in a few words: what set it, and what held it afterwards. */
export function whyOf({ fallback, reason, test, priceClass, propensity, explain, currency }: Pricing): string {
  if (fallback) return 'the list price: no decision in time'
  const held = explain.findLast(({ step, before, after }) => HELD[step] && before !== after)
  const words = test ? testWords(explain, currency, priceClass === 'randomised' ? propensity : null) : (REASONS[reason] ?? reason)
  return held ? `${words}, ${HELD[held.step]}` : words
}

function testWords(explain: Pricing['explain'], currency: string, chance: number | null): string {
  const arm = explain.find(({ step, outcome }) => step === 'test' && outcome === 'applied')
  const price = arm ? ` of ${arm.after} ${currency}` : ''
  return chance === null
    ? `a test price${price}, the same for everybody here for now`
    : `a test price${price}, drawn with a chance of ${Math.round(chance * 100)} %`
}
