// Publishing dated policy. What applied in the past is never changed.
#include "absl/algorithm/container.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "ledger/domain/context.h"
#include "ledger/domain/refusals.h"

namespace bursar {
namespace {

using storage::v1::Event;

// From when the policy applies: now, where nothing was asked for.
absl::StatusOr<int64_t> EffectiveMicros(const std::optional<absl::Time>& asked, const Context& context) {
  if (asked.has_value() && *asked < context.now) return EffectiveTimeInPast(*asked, context.now);
  return absl::ToUnixMicros(asked.value_or(context.now));
}

}  // namespace

absl::StatusOr<Decision> DecidePolicy(const PublishPartner& command, const Context&) {
  Event event;
  auto& published = *event.mutable_partner_published();
  published.set_partner_id(command.partner_id);
  published.set_display_name(command.display_name);
  published.set_default_region(command.default_region);
  for (const IdentityProvider& provider : command.identity_providers) {
    auto& listed = *published.add_identity_providers();
    listed.set_issuer(provider.issuer);
    listed.set_internal(provider.internal);
  }
  return Happened(event);
}

absl::StatusOr<Decision> DecidePolicy(const PublishPromotion& command, const Context& context) {
  const Policy& policy = context.state.policy;
  if (!policy.partners.contains(command.partner_id)) return PartnerNotFound(command.partner_id);
  if (policy.promotions.contains(command.promotion_id)) return AlreadyPublished("promotion", command.promotion_id);
  const auto start = EffectiveMicros(command.start_time, context);
  if (!start.ok()) return start.status();
  if (command.end_time.has_value() && absl::ToUnixMicros(*command.end_time) <= *start) {
    return InvalidField("end_time", "is not after start_time");
  }
  Event event;
  auto& published = *event.mutable_promotion_published();
  published.set_promotion_id(command.promotion_id);
  published.set_partner_id(command.partner_id);
  published.set_amount_micros(command.amount.micros());
  published.set_currency(command.currency);
  published.set_start_time(*start);
  published.set_end_time(MicrosOrNever(command.end_time));
  published.set_credit_lifetime_micros(absl::ToInt64Microseconds(command.credit_lifetime));
  published.set_credit_priority(command.credit_priority);
  return Happened(event);
}

absl::StatusOr<Decision> DecidePolicy(const PublishTerms& command, const Context& context) {
  const Policy& policy = context.state.policy;
  const bool terms = command.document == Document::kTerms;
  const auto same = [&](const TermsVersion& known) { return known.version == command.version; };
  if (absl::c_any_of(terms ? policy.terms : policy.pricing, same)) {
    return AlreadyPublished(terms ? "terms" : "pricing", command.version);
  }
  const auto effective = EffectiveMicros(command.effective_time, context);
  if (!effective.ok()) return effective.status();
  Event event;
  auto& published = *event.mutable_terms_published();
  published.set_document(terms ? storage::v1::TermsPublished::DOCUMENT_TERMS
                               : storage::v1::TermsPublished::DOCUMENT_PRICING);
  published.set_version(command.version);
  published.set_effective_time(*effective);
  published.set_url(command.url);
  return Happened(event);
}

absl::StatusOr<Decision> DecidePolicy(const PublishActionCatalogue& command, const Context& context) {
  const auto effective = EffectiveMicros(command.effective_time, context);
  if (!effective.ok()) return effective.status();
  Event event;
  auto& published = *event.mutable_action_catalogue_published();
  published.set_effective_time(*effective);
  absl::flat_hash_set<std::string> names;
  for (const CatalogueAction& action : command.actions) {
    if (!names.insert(action.name).second)
      return InvalidField("actions.name", absl::StrCat("names '", action.name, "' twice"));
    auto& listed = *published.add_actions();
    listed.set_name(action.name);
    listed.set_gated(action.gated);
    listed.set_free(action.free);
    listed.set_category(action.category);
  }
  return Happened(event);
}

absl::StatusOr<Decision> DecidePolicy(const PublishPriceList& command, const Context& context) {
  const auto effective = EffectiveMicros(command.effective_time, context);
  if (!effective.ok()) return effective.status();
  Event event;
  auto& published = *event.mutable_price_list_published();
  published.set_currency(command.currency);
  published.set_effective_time(*effective);
  absl::flat_hash_set<std::pair<std::string, std::string>> rows;
  for (const ListedPrice& price : command.prices) {
    if (!rows.emplace(price.sku, price.region).second) {
      return InvalidField("prices.sku", absl::StrCat("prices '", price.sku, "' twice in region '", price.region, "'"));
    }
    auto& listed = *published.add_prices();
    listed.set_sku(price.sku);
    listed.set_region(price.region);
    listed.set_price_micros(price.price.micros());
    listed.set_per_quantity(price.per_quantity);
    listed.set_category(price.category);
    listed.set_most_quantity(price.most_quantity);
  }
  return Happened(event);
}

absl::StatusOr<Decision> DecidePolicy(const PublishSponsorship& command, const Context& context) {
  const Policy& policy = context.state.policy;
  const BillingAccount* sponsor = context.state.Find(command.billing_account);
  if (sponsor == nullptr) return BillingAccountNotFound(command.billing_account);
  if (!command.partner_id.empty() && !policy.partners.contains(command.partner_id)) {
    return PartnerNotFound(command.partner_id);
  }
  if (policy.sponsorships.contains(command.sponsorship_id)) {
    return AlreadyPublished("sponsorship", command.sponsorship_id);
  }
  const auto start = EffectiveMicros(command.start_time, context);
  if (!start.ok()) return start.status();
  if (command.end_time.has_value() && absl::ToUnixMicros(*command.end_time) <= *start) {
    return InvalidField("end_time", "is not after start_time");
  }
  if (command.actions.empty() && command.skus.empty()) return InvalidField("actions", "and 'skus' name nothing");
  Event event;
  auto& published = *event.mutable_sponsorship_published();
  published.set_sponsorship_id(command.sponsorship_id);
  published.set_billing_account(sponsor->id.text());
  published.set_currency(sponsor->currency);
  published.set_partner_id(command.partner_id);
  published.mutable_actions()->Assign(command.actions.begin(), command.actions.end());
  published.mutable_skus()->Assign(command.skus.begin(), command.skus.end());
  published.set_share_percent(command.share_percent);
  published.set_quota_micros(command.quota.micros());
  published.set_start_time(*start);
  published.set_end_time(MicrosOrNever(command.end_time));
  return Happened(event);
}

}  // namespace bursar
