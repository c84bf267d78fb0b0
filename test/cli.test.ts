import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ROOT } from '../client-sdk/cli/child.ts'
import { parseCsv, parseLines } from '../client-sdk/cli/csv.ts'
import { obstacles } from '../client-sdk/cli/deploy.ts'
import { type Mapping, parseDate, parseMap, toEvent, withDefaults } from '../client-sdk/cli/mapping.ts'
import { freePort } from '../client-sdk/cli/ports.ts'
import { dayToSeed } from '../client-sdk/cli/seed.ts'
import { inBatches, upload } from '../client-sdk/cli/upload.ts'
import type { StatusAnswer } from '../worker/contract/analytics.ts'
import type { IncomingEvent } from '../worker/contract/events.ts'

const records = async (text: string, size = text.length || 1) => {
  const chunks = Array.from({ length: Math.ceil(text.length / size) }, (_, index) => text.slice(index * size, (index + 1) * size))
  return Array.fromAsync(parseCsv(chunks))
}

describe('parseCsv', () => {
  const text = '\ufeffa,b,c\r\n1,"two, too","say ""hi"""\r\n\r\n"line\nbreak",,x\n,,\nlast,1,2'
  const expected = [
    { line: 1, fields: ['a', 'b', 'c'] },
    { line: 2, fields: ['1', 'two, too', 'say "hi"'] },
    { line: 4, fields: ['line\nbreak', '', 'x'] },
    { line: 6, fields: ['', '', ''] },
    { line: 7, fields: ['last', '1', '2'] },
  ]

  it('reads quotes, line breaks, both line ends, a byte order mark and a last line without an end', async () => {
    expect(await records(text)).toEqual(expected)
  })

  it.each([1, 2, 3, 5, 7])('reads the same whatever the chunks (%i characters)', async (size) => {
    expect(await records(text, size)).toEqual(expected)
  })

  it('keeps an empty quoted field as a record', async () => {
    expect(await records('""\n')).toEqual([{ line: 1, fields: [''] }])
  })

  it('refuses a quote left open, naming the line', async () => {
    await expect(records('a\n"b\nc')).rejects.toThrow('line 2: a quote is left open')
  })

  it('refuses text behind a closing quote', async () => {
    await expect(records('a,"b"c')).rejects.toThrow('line 1: text follows a closing quote')
  })
})

describe('parseLines', () => {
  it('joins lines that chunks tear apart', async () => {
    async function* chunks() {
      yield '{"a":'
      yield '1}\r\n{"b":2}\n{"c"'
      yield ':3}'
    }
    const lines = await Array.fromAsync(parseLines(chunks()))
    expect(lines).toEqual([
      { line: 1, text: '{"a":1}' },
      { line: 2, text: '{"b":2}' },
      { line: 3, text: '{"c":3}' },
    ])
  })
})

describe('parseDate', () => {
  it('reads a date as UTC', () => {
    expect(parseDate('19970118', 'YYYYMMDD')).toBe(Date.UTC(1997, 0, 18))
    expect(parseDate('31.12.2025 23:59', 'DD.MM.YYYY HH:mm')).toBe(Date.UTC(2025, 11, 31, 23, 59))
  })

  it.each([['19970230'], ['1997011'], ['19971301'], ['1997-01-01']])('refuses %s', (text) => {
    expect(parseDate(text, 'YYYYMMDD')).toBeNull()
  })
})

describe('a mapped line', () => {
  const mapping: Mapping = {
    columns: parseMap('customerId=customer,timestamp=date,amount=amount,quantity=cds'),
    event: 'purchase',
    currency: 'USD',
    dateFormat: 'YYYYMMDD',
    fileName: 'orders.csv',
  }
  const row: Record<string, string> = { customer: '0001', date: '19970101', cds: '2', amount: '29.33' }

  const place = { line: 2, text: JSON.stringify(row) }

  it('becomes a purchase whose id is its place and its text', () => {
    const id = expect.stringMatching(/^import:orders\.csv:2:[0-9a-f]{8}$/)
    expect(toEvent((column) => row[column], place, mapping)).toEqual({
      id,
      event: 'purchase',
      customerId: '0001',
      timestamp: Date.UTC(1997, 0, 1),
      amount: 29.33,
      quantity: 2,
      currency: 'USD',
      transactionId: id,
    })
  })

  it('has the same id in the same file again, and another than its twin or than a line of another file of that name', () => {
    const idOf = (line: number, text: string) => withDefaults({}, { line, text }, mapping).id
    const lines = [idOf(2, 'a'), idOf(3, 'a'), idOf(2, 'b')]
    expect(new Set(lines).size).toBe(3)
    expect([idOf(2, 'a'), idOf(3, 'a'), idOf(2, 'b')]).toEqual(lines)
  })

  it('sends what is no number as it is, for the server to refuse', () => {
    expect(toEvent((column) => ({ ...row, amount: '1.2.3' })[column], place, mapping).amount).toBe('1.2.3')
  })

  it('keeps what the line says itself', () => {
    const said = { id: 'x', event: 'refund', amount: 5, currency: 'EUR', customerId: 'c' }
    expect(withDefaults(said, place, mapping)).toEqual(said)
  })

  it.each(['customerId', 'nothing=x', 'customerId=a=b'])('refuses the map %s', (map) => {
    expect(() => parseMap(map)).toThrow('--map')
  })
})

const event = (id: number): IncomingEvent => ({ id: String(id), event: 'page_view' })

describe('inBatches', () => {
  it('keeps a person together and fills up to the size', async () => {
    const groups = [3, 4, 5, 12, 1].map((size, group) => Array.from({ length: size }, (_, index) => event(group * 100 + index)))
    const sizes = (await Array.fromAsync(inBatches(groups, 10))).map((batch) => batch.length)
    expect(sizes).toEqual([7, 5, 10, 3])
  })
})

describe('upload', () => {
  it('sends again what the server could not settle, reports what it refuses, and ends with the last batch', async () => {
    const requests: { done: number; ids: string[] }[] = []
    let unavailable = true
    const server = createServer((request, response) => {
      let text = ''
      request.on('data', (chunk) => {
        text += chunk
      })
      request.on('end', () => {
        if (unavailable) {
          unavailable = false
          response.writeHead(503, { 'content-type': 'application/problem+json' }).end('{"code":"unavailable","error":"away"}')
          return
        }
        const { done, events } = JSON.parse(text) as { done: number; events: IncomingEvent[] }
        const first = !requests.some((seen) => seen.ids.includes('7'))
        const results = events.map(({ id }, index) => {
          const status = id === '3' ? 'rejected' : id === '7' && first ? 'retry' : 'accepted'
          return { index, id, status, ...(status === 'rejected' ? { code: 'invalid_amount', field: 'amount' } : {}) }
        })
        requests.push({ done, ids: events.map(({ id }) => String(id)) })
        response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ success: true, results }))
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    try {
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
      const groups = Array.from({ length: 10 }, (_, index) => [event(index)])
      const refused: string[] = []
      const totals = await upload({ url, key: 'sk_x' }, inBatches(groups, 4), {
        importId: 'test',
        label: 'test',
        total: 10,
        onRejected: (result, { id }) => refused.push(`${id} ${result.code}`),
      })
      expect(totals).toEqual({ accepted: 9, duplicate: 0, rejected: 1, stopped: false })
      expect(refused).toEqual(['3 invalid_amount'])
      expect(requests.some((request) => request.ids.length === 1 && request.ids[0] === '7')).toBe(true)
      expect(requests.at(-1)).toEqual({ done: 10, ids: ['8', '9'] })
    } finally {
      server.close()
    }
  })
})

describe('obstacles to a deployment', () => {
  const ready = '[vars]\nENVIRONMENT = "production"\n[[d1_databases]]\ndatabase_id = "4b1d"\n[[kv_namespaces]]\nid = "9f3c"\n'

  it('are none when everything is filled in', () => {
    expect(obstacles(ready)).toEqual([])
  })

  it.each([
    ['the demo that needs no login', ready.replace('production', 'development')],
    ['a configuration that names no environment', ready.replace('ENVIRONMENT', '# ENVIRONMENT')],
    ['the database of nobody', ready.replace('4b1d', '00000000-0000-0000-0000-000000000000')],
    ['the namespace of nobody', ready.replace('9f3c', '00000000000000000000000000000000')],
    ['the demo as one environment among others', `${ready}[env.staging.vars]\nENVIRONMENT = 'development'\n`],
  ])('include %s', (_, configuration) => {
    expect(obstacles(configuration)).toHaveLength(1)
  })
})

describe('dayToSeed', () => {
  const now = Date.UTC(2026, 10, 23, 9)
  const status = (events: number, imports: StatusAnswer['imports']) => ({ events, products: 0, imports }) as StatusAnswer
  const begun = { importId: 'simulation:2026-11-20', label: '', total: 10, done: 4, updatedAt: 0, finished: false, stalled: true }

  it('is today for an empty database', () => {
    expect(dayToSeed(status(0, []), now)).toBe('2026-11-23')
  })

  it('is the day of the first attempt when that was interrupted, so that its events are the same', () => {
    expect(dayToSeed(status(900, [begun]), now)).toBe('2026-11-20')
  })

  it('is none when the shop is in, or when there is other data', () => {
    expect(dayToSeed(status(900, [{ ...begun, finished: true }]), now)).toBeNull()
    expect(dayToSeed(status(900, []), now)).toBeNull()
  })
})

interface Asked {
  method: string
  path: string
  body: { importId: string; events: IncomingEvent[]; object: string }
}

const runCommand = (script: string, args: string[]) =>
  new Promise<{ code: unknown; stdout: string; stderr: string }>((resolve) => {
    execFile(process.execPath, [join(ROOT, 'client-sdk/cli', script), ...args], (error, stdout, stderr) =>
      resolve({ code: error?.code ?? 0, stdout, stderr }),
    )
  })

/** Runs a command of the package against a server that answers as told, as its user does. */
async function runAgainst(script: string, args: string[], answer: (asked: Asked) => [status: number, body: unknown]) {
  const asked: Asked[] = []
  const server = createServer(async (request, response) => {
    const chunks = await Array.fromAsync(request.setEncoding('utf8'))
    const { method = '', url: path = '' } = request
    const seen = { method, path, body: JSON.parse(chunks.join('') || '{}') }
    asked.push(seen)
    const [status, body] = answer(seen)
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  try {
    return { asked, ...(await runCommand(script, [...args, '--url', url])) }
  } finally {
    server.close()
  }
}

describe('npm run import', () => {
  it('stops when the first lines are all refused, names the flag that helps, and goes by another name the next time', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'fairlead-import-'))
    const file = join(directory, 'orders.csv')
    await writeFile(file, `customer,date,amount\n${'c1,19970118,9.50\n'.repeat(2500)}`)
    const refuse = ({ body: { events } }: Asked): [number, unknown] => [
      200,
      {
        success: true,
        results: events.map(({ id }, index) => ({ index, id, status: 'rejected', code: 'invalid_time', field: 'timestamp' })),
      },
    ]
    const args = [file, '--map', 'customerId=customer,timestamp=date,amount=amount']
    const runs = [await runAgainst('import.ts', args, refuse), await runAgainst('import.ts', args, refuse)]
    await rm(directory, { recursive: true })
    for (const { asked, code, stdout, stderr } of runs) {
      expect([asked.length, code]).toEqual([1, 1])
      expect(stdout).toContain('0 accepted, 0 already there, 1000 rejected')
      expect(stderr.match(/hint: dates like 19970118 need --date-format "YYYYMMDD"/g)).toHaveLength(1)
      expect(stderr).toContain('the rest was not sent')
    }
    expect(runs[0]?.asked[0]?.body.importId).not.toBe(runs[1]?.asked[0]?.body.importId)
  })
})

describe('npm run dead-letters', () => {
  it('replays all letters, past a stale one, which it reports', async () => {
    const letters = ['a', 'b', 'c'].map((object, index) => ({ object, seq: index + 1, reason: 'CHECK', parkedAt: 0, replayedAt: null }))
    const { asked, code, stdout } = await runAgainst('dead-letters.ts', ['--replay-all'], ({ method, body }) => {
      if (method === 'GET') return [200, { success: true, deadLetters: letters }]
      if (body.object === 'b') return [404, { success: false, code: 'not_found', error: 'no such entry is parked' }]
      return [200, { success: true, message: '' }]
    })
    expect(asked.slice(1).map(({ body }) => body.object)).toEqual(['a', 'b', 'c'])
    expect(code).toBe(0)
    expect(stdout).toMatch(/a:1.*on its way again\n.*b:2.*stale.*\n.*c:3.*on its way again/)
  })
})

describe('npm run cron', () => {
  const at = Date.UTC(2026, 10, 25, 3, 17)
  const job = (id: string, over: object = {}) => ({
    ...{ id, what: '', trigger: 'daily', everyMs: 86_400_000, doneFor: at, dueAt: at + 86_400_000, heldUntil: null },
    ...over,
  })
  const run = (id: number, name: string, over: object = {}) => ({
    ...{ id, job: name, slot: at, startedAt: at, endedAt: at + 1_500, outcome: 'succeeded', summary: `did ${name}`, error: null },
    ...over,
  })
  /** A server on which a firing adds runs to those that were there. */
  const server = (after: object[], jobs: object[], fired: [number, unknown] = [200, 'ok']) => {
    const runs: object[] = [run(7, 'forecasts', { summary: 'of yesterday' })]
    return ({ path }: Asked): [number, unknown] => {
      if (path === '/api/jobs') return [200, { success: true, jobs, runs }]
      runs.unshift(...after)
      return fired
    }
  }

  it('fires a trigger by its name at the time it is told, and prints what each job did or why it did not', async () => {
    const jobs = [
      job('forecasts'),
      job('retention'),
      job('reconcile_sample', { heldUntil: at + 60_000 }),
      job('demand_index', { trigger: 'hourly' }),
    ]
    const { asked, code, stdout } = await runAgainst('cron.ts', ['daily', '--at', '2026-11-25T05:00Z'], server([run(8, 'forecasts')], jobs))
    expect(asked.map(({ method }) => method)).toEqual(['GET', 'GET', 'GET'])
    const fired = new URL(asked[1]?.path ?? '', 'http://x')
    expect([fired.pathname, fired.searchParams.get('cron')]).toEqual(['/cdn-cgi/local/scheduled', '17 3 * * *'])
    expect(Number(fired.searchParams.get('time'))).toBe(Date.UTC(2026, 10, 25, 5))
    expect(code).toBe(0)
    expect(
      stdout
        .trim()
        .split('\n')
        .map((line) => line.replace(/ +/g, ' ')),
    ).toEqual([
      'forecasts 2026-11-25 03:17 succeeded in 1.5 s: did forecasts',
      'retention is done for 2026-11-25 03:17; due again 2026-11-26 03:17',
      'reconcile_sample is running already, until 2026-11-25 03:18 at the latest',
    ])
  })

  it('fires one job by its id, and fails when that fails, saying why', async () => {
    const failed = run(8, 'retention', { outcome: 'failed', summary: null, error: 'disk on fire' })
    const { asked, code, stdout, stderr } = await runAgainst(
      'cron.ts',
      ['retention'],
      server([failed], [job('retention')], [500, 'exception']),
    )
    expect(asked[1]?.path).toContain('cron=retention')
    expect(code).toBe(1)
    expect(stdout).toContain('failed in 1.5 s: disk on fire')
    expect(stderr).toBe('cron: retention failed\n')
  })

  it('fails when the trigger ended badly without a run to show for it, and where no triggers can be fired', async () => {
    const broken = await runAgainst('cron.ts', ['hourly'], server([], [], [500, 'exception']))
    expect([broken.code, broken.stderr]).toEqual([1, expect.stringContaining('the log of the server says')])
    const deployed = await runAgainst('cron.ts', ['hourly'], server([], [], [404, 'not found']))
    expect([deployed.code, deployed.stderr]).toEqual([1, expect.stringContaining('fires no triggers (404)')])
  })

  it('says in one line that nobody answers, and how it is called', async () => {
    const free = await freePort()
    const away = await runCommand('cron.ts', ['daily', '--url', `http://127.0.0.1:${free}`])
    expect([away.code, away.stderr]).toEqual([1, `cron: nobody answers at http://127.0.0.1:${free}; start the server with npm run dev\n`])
    for (const args of [[], ['sometimes'], ['daily', 'hourly']]) {
      const { code, stderr } = await runCommand('cron.ts', args)
      expect([code, stderr]).toEqual([1, expect.stringContaining('usage: npm run cron -- <minutes | hourly | daily | weekly>')])
    }
    expect((await runCommand('cron.ts', ['daily', '--at', 'soon'])).stderr).toContain('--at takes a time')
  })
})
