/**
 * Where visits come from, as campaigns and referrers commonly name it. A page may send any word, and each would be a sum of
 * its own in every breakdown for ever: of what pages say, only these are counted apart.
 */
const KNOWN = new Set(
  `direct organic referral affiliate partner search social ads cpc ppc display retargeting video email newsletter sms push app
  blog docs podcast event print qr google google-ads bing yahoo duckduckgo ecosia brave baidu yandex facebook instagram meta
  twitter x t.co linkedin reddit youtube tiktok pinterest snapchat whatsapp telegram discord slack medium quora threads bluesky
  mastodon github gitlab hackernews news.ycombinator.com producthunt stackoverflow g2 capterra trustpilot apple amazon etsy ebay
  shopify mailchimp klaviyo hubspot sendgrid intercom chatgpt chatgpt.com openai perplexity claude gemini copilot`.split(/\s+/),
)

const OTHER = 'other'

/** A short word for a breakdown. @example labelOf('Google Ads') // => 'google-ads' */
export const labelOf = (source: string): string =>
  source
    .toLowerCase()
    .replace(/[^a-z0-9_.-]+/g, '-')
    .slice(0, 32) || 'unknown'

/** The label of what a page says: one of those we know by its name or by the name of its host, or `other`. */
export function knownLabelOf(source: string): string {
  const label = labelOf(source)
  if (KNOWN.has(label)) return label
  const host = label.replace(/^(www|m|l|lm)\./, '').split('.')[0] ?? ''
  return KNOWN.has(host) ? host : OTHER
}
