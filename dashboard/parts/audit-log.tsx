import { changesOf } from '../changes.ts'
import { audit } from '../configuration.ts'
import { dateTime, words } from '../format.ts'
import { ScrollBox } from './scroll-box.tsx'

/** Every change of the configuration: what exactly, by whom, newest first. */
export function AuditLog() {
  return (
    <section class="panel audit" aria-labelledby="audit-title">
      <h2 id="audit-title">Audit log</h2>
      <ScrollBox labelledBy="audit-title">
        <table class="numbers text">
          <thead>
            <tr>
              <th scope="col">When</th>
              <th scope="col">Who</th>
              <th scope="col">What</th>
              <th scope="col">Change</th>
            </tr>
          </thead>
          <tbody>
            {audit.value?.map((entry) => (
              <tr key={entry.id}>
                <th scope="row">{dateTime(entry.at)}</th>
                <td>{entry.actor}</td>
                <td>
                  {words(entry.action)} <span class="muted">{entry.subject}</span>
                </td>
                <td class="changes">
                  <Changes before={entry.before} after={entry.after} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
        {audit.value?.length === 0 && (
          <p class="muted">Nothing has been changed yet. Every change of the configuration will stand here, with who made it.</p>
        )}
      </ScrollBox>
    </section>
  )
}

/** One change stands there; of several the number, and each on demand. */
function Changes({ before, after }: { before: unknown; after: unknown }) {
  const changes = changesOf(before, after)
  const [first] = changes
  if (!first) return <span class="muted">no values are kept of this</span>
  const lines = changes.map(({ field, before: from, after: to }) => (
    <li key={field}>
      <b>{field}</b> <code>{line(from, to)}</code>
    </li>
  ))
  if (changes.length === 1) return <ul>{lines}</ul>
  return (
    <details>
      <summary>
        {after === null || after === undefined ? 'Had' : before === null || before === undefined ? 'With' : 'Changed'}{' '}
        {changes.map(({ field }) => field).join(', ')}
      </summary>
      <ul>{lines}</ul>
    </details>
  )
}

const text = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value))

const line = (before: unknown, after: unknown): string =>
  before === null ? text(after) : `${text(before)} → ${after === null ? 'none' : text(after)}`
