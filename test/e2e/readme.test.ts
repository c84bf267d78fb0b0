import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DEFAULT_URL } from '../../client-sdk/cli/api.ts'
import { ROOT } from '../../client-sdk/cli/child.ts'
import { configure } from '../../client-sdk/cli/seed.ts'
import { startServer, type TestServer } from '../support/server.ts'

/** Commands of README that call the local demo, each in one line. */
const commands = [...readFileSync(join(ROOT, 'README.md'), 'utf8').matchAll(/^```sh\n([\s\S]*?)^```/gm)]
  .flatMap(([, block = '']) => block.replaceAll('\\\n', ' ').split('\n'))
  .filter((line) => line.startsWith('curl ') && line.includes(DEFAULT_URL))

let server: TestServer

describe('README', () => {
  beforeAll(async () => {
    server = await startServer()
    await configure(server.url)
  })
  afterAll(() => server?.stop())

  it.each(commands)('runs as it is written: %s', async (command) => {
    const { stdout } = await promisify(execFile)('sh', ['-c', command.replaceAll(DEFAULT_URL, server.url)])
    expect(JSON.parse(stdout)).toMatchObject({ success: true })
  })

  it('has commands to try', () => {
    expect(commands.length).toBeGreaterThan(5)
  })
})
