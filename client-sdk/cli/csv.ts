/** One record of a CSV file, with the line of the file on which it begins (the header is line 1). */
export interface CsvRecord {
  line: number
  fields: string[]
}

/**
 * Reads CSV as RFC 4180 has it, chunk by chunk: quoted fields may hold commas, line breaks and doubled quotes, lines end
 * in CRLF or LF, a byte order mark is dropped, and empty lines are skipped. Holds one record in memory.
 *
 * @throws Error naming the line when a quote is left open or text follows a closing quote
 */
export async function* parseCsv(chunks: AsyncIterable<string> | Iterable<string>, delimiter = ','): AsyncGenerator<CsvRecord> {
  let state: 'start' | 'plain' | 'quoted' | 'closed' = 'start'
  let field = ''
  let fields: string[] = []
  let line = 1
  let recordLine = 1
  let first = true
  let carriageReturn = false

  const endField = () => {
    fields.push(field)
    field = ''
    state = 'start'
  }
  const endRecord = (): CsvRecord | null => {
    const blank = fields.length === 0 && field === '' && state === 'start'
    endField()
    const record = { line: recordLine, fields }
    fields = []
    recordLine = line
    return blank ? null : record
  }

  for await (const chunk of chunks) {
    for (let at = first && chunk.startsWith('\ufeff') ? 1 : 0; at < chunk.length; at++) {
      const char = chunk[at] as string
      if (carriageReturn) {
        carriageReturn = false
        if (char === '\n') continue
      }
      if (state === 'quoted') {
        if (char === '"') state = 'closed'
        else {
          if (char === '\n') line++
          field += char
        }
      } else if (char === '"' && state === 'closed') {
        field += '"'
        state = 'quoted'
      } else if (char === '"' && state === 'start') state = 'quoted'
      else if (char === delimiter) endField()
      else if (char === '\n' || char === '\r') {
        carriageReturn = char === '\r'
        line++
        const record = endRecord()
        if (record) yield record
      } else {
        if (state === 'closed') throw new Error(`line ${recordLine}: text follows a closing quote`)
        state = 'plain'
        field += char
      }
    }
    first &&= chunk.length === 0
  }
  if (state === 'quoted') throw new Error(`line ${recordLine}: a quote is left open`)
  const record = endRecord()
  if (record) yield record
}

/** Lines of a text that comes in chunks; the last one needs no line break. */
export async function* parseLines(chunks: AsyncIterable<string>): AsyncGenerator<{ line: number; text: string }> {
  let rest = ''
  let line = 0
  for await (const chunk of chunks) {
    const parts = (rest + chunk).split('\n')
    rest = parts.pop() as string
    for (const text of parts) yield { line: ++line, text: text.replace(/\r$/, '') }
  }
  if (rest) yield { line: line + 1, text: rest }
}
