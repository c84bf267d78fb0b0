import type { Experiment } from '../definition.ts'
import type { ExposedDay } from '../experiment-sums.ts'
import type { DaySaid } from './results.ts'
import { splitOf } from './split.ts'
import { MISTRUSTED } from './verdict.ts'

/** What a list says of an experiment: what it said as a day ended. */
export type Summary = { day: string } & Pick<DaySaid, 'exposed' | 'verdict' | 'sentence'>

/** Whether a list would name a winner, or a loser. */
export const namesOne = (said: Summary | undefined): boolean => said?.verdict === 'ship' || said?.verdict === 'roll_back'

/** The same, without a winner where people have turned out since not to be split as they should be. */
export function summaryNow(experiment: Experiment, said: Summary, exposed: ExposedDay[]): Summary {
  const split = splitOf(experiment, { exposed, excluded: 0, metrics: new Map(), segments: [] })
  return split?.mismatch ? { ...said, verdict: 'invalid', sentence: MISTRUSTED } : said
}
