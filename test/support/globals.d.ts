import type {} from '../../client-sdk/script.ts'
