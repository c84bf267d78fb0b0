import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { amountText, decimalOf, fileNameOf, headerOf, lineOf } from '../../../worker/domain/export/lines.ts'
import { toMajor } from '../../../worker/domain/money.ts'

const COLUMNS = ['text', 'amount']
const csv = (text: string | null, amount = decimalOf(0, 'USD')) => lineOf({ text, amount }, COLUMNS, 'csv')

/** A reader as RFC 4180 has it. */
function parse(text: string): string[][] {
  const rows: string[][] = [[]]
  const field = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/y
  while (field.lastIndex < text.length) {
    const match = field.exec(text)
    if (!match) throw new Error('no CSV')
    rows.at(-1)?.push(match[1] === undefined ? (match[2] as string) : match[1].replaceAll('""', '"'))
    if (match[3] !== ',' && field.lastIndex < text.length) rows.push([])
  }
  return rows
}

describe('an amount as text', () => {
  it('has the digits of its currency', () => {
    expect(amountText(-5, 'USD')).toBe('-0.05')
    expect(amountText(49_950, 'USD')).toBe('499.50')
    expect(amountText(1_234, 'KWD')).toBe('1.234')
    expect(amountText(1_200, 'JPY')).toBe('1200')
    expect(amountText(0, 'JPY')).toBe('0')
    expect(amountText(Number.MAX_SAFE_INTEGER, 'USD')).toBe('90071992547409.91')
  })

  it('says the same as the number the API tells', () => {
    fc.assert(
      fc.property(fc.integer({ min: -(10 ** 12), max: 10 ** 12 }), fc.constantFrom('USD', 'JPY', 'KWD'), (minor, currency) => {
        expect(Number(amountText(minor, currency))).toBe(toMajor(minor, currency) + 0)
      }),
    )
  })
})

describe('a line of CSV', () => {
  it.each(['=HYPERLINK("http://evil")', '+1', '-1', '@SUM(A1)', '\tx', '\rx', '\nx', '\0x', '\uff1d1+1', '\uff0b1', '\uff0d1', '\uff20a'])(
    'runs nothing: %j is text',
    (text) => {
      expect(parse(csv(text))[0]?.[0]).toBe(`'${text}`)
    },
  )

  it('leaves numbers as they are, negative ones too', () => {
    expect(csv('a', decimalOf(-1_050, 'USD'))).toBe('a,-10.50\r\n')
    expect(lineOf({ n: -3, yes: true, none: null }, ['n', 'yes', 'none'], 'csv')).toBe('-3,true,\r\n')
  })

  it('gives back any text to a reader of RFC 4180', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: fc.constantFrom('a', '"', ',', '\r', '\n', ' ', '=', 'ß', '\0') }), { minLength: 1 }),
        (texts) => {
          const rows = parse(headerOf(COLUMNS, 'csv') + texts.map((text) => csv(text)).join(''))
          expect(rows[0]).toEqual(COLUMNS)
          expect(rows.slice(1).map(([text]) => text?.replace(/^'/, ''))).toEqual(texts)
          for (const [text] of rows.slice(1)) expect(text).not.toMatch(/^[=\r\n\0]/)
        },
      ),
    )
  })
})

describe('a line of JSON', () => {
  it('is one object, with amounts as text and formulas as they came', () => {
    const line = lineOf({ text: '=1\n', amount: decimalOf(-5, 'USD'), count: 3 }, ['text', 'amount', 'count'], 'ndjson')
    expect(line).toBe('{"text":"=1\\n","amount":"-0.05","count":3}\n')
    expect(headerOf(COLUMNS, 'ndjson')).toBe('')
  })
})

describe('the name of a file', () => {
  it('says what it holds', () => {
    expect(fileNameOf('days', { from: '2026-10-26', to: '2026-11-24' }, 'USD', 'csv')).toBe(
      'fairlead-days-2026-10-26-to-2026-11-24-usd.csv',
    )
    expect(fileNameOf('ledger', { from: '2026-10-26', to: '2026-11-24' }, null, 'ndjson')).toBe(
      'fairlead-ledger-2026-10-26-to-2026-11-24.ndjson',
    )
  })
})
