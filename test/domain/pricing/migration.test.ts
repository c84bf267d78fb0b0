import { readdirSync, readFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { expect, it } from 'vitest'

const folder = new URL('../../../drizzle/', import.meta.url)
const files = readdirSync(folder)
  .filter((name) => name.endsWith('.sql'))
  .sort()
const apply = (database: DatabaseSync, names: readonly string[]) => {
  for (const name of names) database.exec(readFileSync(new URL(name, folder), 'utf8'))
}

it('turns the conditions of stored rules into the targeting language, and begins their history', () => {
  const database = new DatabaseSync(':memory:')
  apply(
    database,
    files.filter((name) => name < '0006'),
  )
  const insert = database.prepare('INSERT INTO price_rules (id, kind, body, updated_at) VALUES (?, ?, ?, 7)')
  const conditions = {
    empty: {},
    market: { countries: ['DE', 'AT'], devices: ['mobile'] },
    segment: { countries: [], behaviorFlags: ['loyal', 'returning'], newVisitor: false, hasSubscription: true },
  }
  for (const [id, condition] of Object.entries(conditions))
    insert.run(id, id === 'segment' ? 'segment' : 'market', JSON.stringify({ id, condition, multiplier: 0.9, productIds: null }))
  apply(
    database,
    files.filter((name) => name >= '0006'),
  )
  const rows = database.prepare('SELECT id, body FROM price_rules ORDER BY id').all() as { id: string; body: string }[]
  const bodies = Object.fromEntries(rows.map(({ id, body }) => [id, JSON.parse(body)]))
  expect(bodies).toEqual({
    empty: { id: 'empty', condition: {}, multiplier: 0.9, productIds: null, reference: null },
    market: {
      id: 'market',
      condition: { country: { $in: ['DE', 'AT'] }, device: { $in: ['mobile'] } },
      multiplier: 0.9,
      productIds: null,
      reference: null,
    },
    segment: {
      id: 'segment',
      condition: { behaviorFlags: { $all: ['loyal', 'returning'] }, newVisitor: false, hasSubscription: true },
      multiplier: 0.9,
      productIds: null,
      reference: null,
    },
  })
  const history = database.prepare('SELECT rule_id, body, effective_at FROM price_rule_history ORDER BY rule_id').all()
  expect(history.map((row) => ({ ...row }))).toEqual(rows.map(({ id, body }) => ({ rule_id: id, body, effective_at: 7 })))
})
