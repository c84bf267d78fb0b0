import type { ComponentChildren } from 'preact'
import { status } from '../status.ts'
import { Snippet } from './snippet.tsx'

/** A request as anybody can send it from a shell. */
interface Request {
  method: 'GET' | 'PUT' | 'POST'
  at: string
  body?: unknown
  /** A browser's key is enough. */
  publishable?: boolean
}

/**
 * What shows that one may: a browser's key where that is enough. Else the local demo takes its own pages for an
 * administrator, and elsewhere a secret key with the scope `admin` is asked for, which was shown once, when it was made.
 */
function credentials(publishable: boolean): string[] {
  const demo = status.value?.demo
  if (publishable) return [`-H "authorization: Bearer ${demo?.publishableKey ?? 'pk_…'}"`]
  return demo ? [`-H "origin: ${location.origin}"`, '-H "x-fairlead: 1"'] : ['-H "authorization: Bearer $FAIRLEAD_KEY"']
}

export function curl({ method, at, body, publishable = false }: Request): string {
  const sent = body === undefined ? [] : ['-H "content-type: application/json"', `-d '${JSON.stringify(body)}'`]
  const lines = [`curl ${method === 'GET' ? '' : `-X ${method} `}"${location.origin}${at}"`, ...credentials(publishable), ...sent]
  return lines.join(' \\\n  ')
}

interface LessonProps {
  title: string
  /** Of the piece of code. */
  name: string
  request: Request
  /** The one thing to do here. */
  action?: { href: string; says: string }
  children: ComponentChildren
}

/** What stands in place of an empty list: what it is for, one thing to do, and the same as a request. */
export const Lesson = ({ title, name, request, action, children }: LessonProps) => (
  <section class="panel teach" aria-labelledby="teach-title">
    <h2 id="teach-title">{title}</h2>
    <p>{children}</p>
    {action && (
      <p class="actions">
        <a class="primary" href={action.href}>
          {action.says}
        </a>
      </p>
    )}
    <p>{action ? 'Or from your own code:' : 'Send this from a shell or your own code:'}</p>
    <Snippet code={curl(request)} name={name} />
    {!request.publishable && !status.value?.demo && (
      <p class="muted small">FAIRLEAD_KEY is a secret key with the scope admin. Keys are shown once, when they are made.</p>
    )}
  </section>
)

/** Rows in the place of those on the way. */
export const Ghosts = ({ rows, columns }: { rows: number; columns: number }) => (
  <tbody aria-hidden="true" class="ghosts">
    {Array.from({ length: rows }, (_, row) => (
      <tr key={row}>
        {Array.from({ length: columns }, (_, column) => (
          <td key={column}>
            <span class="ghost" />
          </td>
        ))}
      </tr>
    ))}
  </tbody>
)
