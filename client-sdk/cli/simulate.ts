/** Lets price tests learn in markets whose demand is known, and tells what each strategy gave up: `npm run simulate`. */
import { parseArgs } from 'node:util'
import { DEVICES, type Market, type Outcome, runMarket, type Strategy, THREE_ARMS, WEEKENDS } from '../../test/simulation/market.ts'
import { greedy, thompson, uniform, unweighted } from '../../test/simulation/strategies.ts'

const USAGE = `usage: npm run simulate -- [--seed 1] [--runs 100]
  --seed   of the first life of each market; the others follow it
  --runs   lives of each market under each strategy, of which the table gives the mean`

const STRATEGIES: readonly [name: string, strategy: Strategy][] = [
  ['equal shares', uniform],
  ['highest raw mean (greedy)', greedy],
  ['Thompson, raw means', unweighted],
  ['Thompson, as shipped', thompson],
]

const meanOf = (outcomes: readonly Outcome[], of: (outcome: Outcome) => number): number =>
  outcomes.reduce((sum, outcome) => sum + of(outcome), 0) / outcomes.length

const major = (minor: number): string => Math.round(minor / 100).toLocaleString('en-US')
const lineOf = (cells: readonly string[]): string =>
  `| ${cells.map((cell, at) => (at === 0 ? cell.padEnd(25) : cell.padStart(11))).join(' | ')} |`

/** Share of lives that end on the best price. There is none where nothing moves, or where segments have weights of their own. */
function endingOf(outcomes: readonly Outcome[]): string {
  if (outcomes.every(({ endedOn }) => endedOn === null)) return '–'
  if (outcomes.every(({ test }) => Object.keys(test.epochs.at(-1)?.bySegment ?? {}).length > 0)) return 'by segment'
  return `${(meanOf(outcomes, ({ best, endedOn }) => Number(best === endedOn)) * 100).toFixed(0)} %`
}

function tableOf(market: Market, runs: number, seed: number): string {
  const lives = (strategy: Strategy) => Array.from({ length: runs }, (_, at) => runMarket(market, strategy, seed + at))
  const results = STRATEGIES.map(([name, strategy]) => ({ name, outcomes: lives(strategy) }))
  const equal = results[0]?.outcomes ?? []
  const equalRegret = meanOf(equal, ({ regretMinor }) => regretMinor)
  const best = meanOf(equal, ({ revenueMinor, regretMinor }) => revenueMinor + regretMinor)
  const rows = results.map(({ name, outcomes }) => {
    const regret = meanOf(outcomes, ({ regretMinor }) => regretMinor)
    return [
      name,
      major(meanOf(outcomes, ({ revenueMinor }) => revenueMinor)),
      major(regret),
      (regret / equalRegret).toFixed(2),
      endingOf(outcomes),
    ]
  })
  const head = ['strategy', 'revenue', 'regret', 'of equal', 'ended best']
  const rule = head.map((_, at) => (at === 0 ? '-'.repeat(25) : `${'-'.repeat(10)}:`))
  return [head, rule, ['best fixed price', major(best), '0', '0.00', '100 %'], ...rows].map(lineOf).join('\n')
}

function main(): number {
  const { values } = parseArgs({
    options: { seed: { type: 'string', default: '1' }, runs: { type: 'string', default: '100' }, help: { type: 'boolean' } },
  })
  const [seed, runs] = [Number(values.seed), Number(values.runs)]
  if (values.help || !Number.isInteger(seed) || !Number.isInteger(runs) || runs < 1) {
    console.error(USAGE)
    return values.help ? 0 : 1
  }
  console.log(`Means of ${runs} lives, seeds ${seed} to ${seed + runs - 1}. Revenue and regret in expectation over who buys.`)
  for (const market of [THREE_ARMS, WEEKENDS, DEVICES]) console.log(`\n${market.name}:\n\n${tableOf(market, runs, seed)}`)
  return 0
}

process.exitCode = main()
