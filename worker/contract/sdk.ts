import * as z from 'zod'

/** `/sdk.json`, made by the build: the files whose name holds their hash and which therefore never change, for pages that pin one. */
export const SdkManifest = z.object({
  version: z.string(),
  file: z.string().describe('The script, as in sdk-0.1.0.0f3c9a12.js'),
  integrity: z.string().describe('What its tag says beside crossorigin, as in sha384-…'),
  module: z.string(),
  moduleIntegrity: z.string(),
})
export type SdkManifest = z.infer<typeof SdkManifest>
