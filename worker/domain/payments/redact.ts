/** Names under which providers tell who somebody is. Country and ids stay: reading needs them. */
const PERSONAL =
  /^(?:.*_)?(?:e?mail|phone|name)$|^(?:line[12]|city|state|postal_code|.*_ip|evidence|payment_method_details|card|.*_url|invoice_pdf|account_tax_ids|customer_tax_ids)$/

/** The text under which a payload is kept until somebody has seen to it, without what says more of a person than we need. */
export const withoutPersonal = (payload: unknown): string =>
  JSON.stringify(payload, (name, value) => (PERSONAL.test(name) ? undefined : value)) ?? ''
