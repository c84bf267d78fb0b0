import { describe, expect, it } from 'vitest'
import { findHarm } from '../../../../worker/domain/experiments/results/find-harm.ts'
import { chance, mulberry32 } from '../../../simulation/random.ts'
import { judgedBy, momentsOf } from './simulated.ts'

const some = (people: number, of: number) => momentsOf(Array.from({ length: of }, (_, at) => (at < people ? 1 : 0)))
const harmIn = (id: string, old: [people: number, of: number], treated: [people: number, of: number]) =>
  findHarm([
    {
      judged: judgedBy(id, 'guardrail'),
      variants: [
        { variant: 'old', moments: some(...old) },
        { variant: 'new', moments: some(...treated) },
      ],
    },
  ])

describe('harm to a guardrail', () => {
  it.each([
    ['three of fifty got money back, and none of the others', 'refunded', [0, 50], [3, 50]],
    ['none of the fifty on the small side has bought yet', 'purchase', [28, 950], [0, 50]],
    ['one of a hundred on the small side has bought', 'purchase', [76, 1900], [1, 100]],
    ['none of the fifty on the small side got money back', 'refunded', [0, 50], [20, 950]],
  ] as const)('is not sure where %s', (_, id, old, treated) => expect(harmIn(id, [...old], [...treated])).toEqual([]))

  it.each([
    ['many got money back, and none of the others', 'refunded', [0, 950], [20, 50]],
    ['hardly anybody buys on the small side, where many were to', 'purchase', [1900, 19000], [40, 1000]],
    ['failures double', 'payment_failed', [100, 5000], [200, 5000]],
  ] as const)('is sure where %s', (_, id, old, treated) => expect(harmIn(id, [...old], [...treated])).toMatchObject([{ variant: 'new' }]))

  it('is found by chance at most one time in a hundred where one in twenty is shown the new page', () => {
    let accused = 0
    for (let seed = 1; seed <= 300; seed++) {
      const random = mulberry32(seed)
      let [old, treated] = [
        [0, 0],
        [0, 0],
      ]
      const isAccused = Array.from({ length: 20 }, () => {
        for (let at = 0; at < 95; at++) old = [(old[0] as number) + (chance(random, 0.03) ? 1 : 0), (old[1] as number) + 1]
        for (let at = 0; at < 5; at++) treated = [(treated[0] as number) + (chance(random, 0.03) ? 1 : 0), (treated[1] as number) + 1]
        return harmIn('purchase', old as [number, number], treated as [number, number]).length > 0
      })
      if (isAccused.includes(true)) accused++
    }
    expect(accused).toBeLessThanOrEqual(3)
  })
})
