/**
 * Ids of decisions: `d_`, the object that made it (32 bytes in 43 characters of base64url), and what tells its decisions
 * apart. The id alone says where the record lies, so nobody keeps a table of them.
 */
const DECISION_ID = /^d_([\w-]{43})[\w-]{9,12}$/

/** An object's id as its decisions' ids hold it. @param objectId 64 hexadecimal digits */
export const decisionPrefix = (objectId: string): string => `d_${Buffer.from(objectId, 'hex').toString('base64url')}`

/** Id of one of the decisions of a request. @param nonce eight characters, unlike those of any other request to this object */
export const decisionIdOf = (prefix: string, nonce: string, index: number): string => `${prefix}${nonce}${index.toString(36)}`

/** The object that made a decision, as 64 hexadecimal digits; null for an id that is not ours. */
export function objectOfDecision(decisionId: string): string | null {
  const object = DECISION_ID.exec(decisionId)?.[1]
  return object === undefined ? null : Buffer.from(object, 'base64url').toString('hex')
}
