import { build } from '../../client-sdk/cli/build.ts'

/** Before tests of what is built: builds whatever is older than its sources. */
export default async function setup(): Promise<void> {
  await build(false)
}
