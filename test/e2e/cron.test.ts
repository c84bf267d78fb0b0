import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ROOT } from '../../client-sdk/cli/child.ts'
import { startServer, type TestServer } from '../support/server.ts'

let server: TestServer
beforeAll(async () => {
  server = await startServer()
})
afterAll(() => server?.stop())

const cron = (...args: string[]) =>
  new Promise<{ code: unknown; stdout: string; stderr: string }>((resolve) => {
    execFile(process.execPath, [join(ROOT, 'client-sdk/cli/cron.ts'), ...args, '--url', server.url], (error, stdout, stderr) =>
      resolve({ code: error?.code ?? 0, stdout, stderr }),
    )
  })

describe('npm run cron', () => {
  it('fires a trigger of the running server, and a slot that is done is not done again', async () => {
    const first = await cron('daily')
    expect([first.code, first.stderr]).toEqual([0, ''])
    for (const job of ['bandits', 'experiment_analysis', 'forecasts', 'retention', 'reconcile_sample'])
      expect(first.stdout).toMatch(new RegExp(`^${job} .* succeeded in`, 'm'))
    const second = await cron('daily')
    expect(second.code).toBe(0)
    expect(second.stdout).not.toContain('succeeded')
    expect(second.stdout.match(/is done for .*; due again/g)).toHaveLength(5)
  })

  it('fires one job alone', async () => {
    const { code, stdout } = await cron('success_check')
    expect(code).toBe(0)
    expect(stdout).toMatch(/^success_check .* succeeded in [\d.]+ s: nothing to check yet\n$/)
  })
})
