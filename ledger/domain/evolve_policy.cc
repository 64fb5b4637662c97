// Published policy in the state.
#include "ledger/domain/context.h"
#include "ledger/domain/evolution.h"

namespace bursar {

void Evolution::On(const storage::v1::PartnerPublished& event) {
  PublishPartner& partner = state_.policy.partners[event.partner_id()];
  partner = {
      .partner_id = event.partner_id(), .display_name = event.display_name(), .default_region = event.default_region()};
  for (const auto& provider : event.identity_providers())
    partner.identity_providers.push_back({.issuer = provider.issuer(), .internal = provider.internal()});
}

void Evolution::On(const storage::v1::PromotionPublished& event) {
  state_.policy.promotions[event.promotion_id()] = {
      .id = event.promotion_id(),
      .partner_id = event.partner_id(),
      .amount = Money::Micros(event.amount_micros()),
      .currency = event.currency(),
      .start_time = absl::FromUnixMicros(event.start_time()),
      .end_time = TimeOrNever(event.end_time()),
      .credit_lifetime = absl::Microseconds(event.credit_lifetime_micros()),
      .credit_priority = event.credit_priority()};
}

void Evolution::On(const storage::v1::TermsPublished& event) {
  const bool terms = event.document() == storage::v1::TermsPublished::DOCUMENT_TERMS;
  (terms ? state_.policy.terms : state_.policy.pricing)
      .push_back({.version = event.version(),
                  .effective_time = absl::FromUnixMicros(event.effective_time()),
                  .url = event.url()});
}

void Evolution::On(const storage::v1::ActionCataloguePublished& event) {
  ActionCatalogue& catalogue = state_.policy.catalogues.emplace_back();
  catalogue.effective_time = absl::FromUnixMicros(event.effective_time());
  for (const auto& action : event.actions()) {
    catalogue.actions[action.name()] = {
        .name = action.name(), .gated = action.gated(), .free = action.free(), .category = action.category()};
  }
}

void Evolution::On(const storage::v1::PriceListPublished& event) {
  PriceList& list = state_.policy.price_lists[event.currency()].emplace_back();
  list.position = entry_.position();
  list.effective_time = absl::FromUnixMicros(event.effective_time());
  for (const auto& price : event.prices()) {
    list.prices[{price.sku(), price.region()}] = {.sku = price.sku(),
                                                  .region = price.region(),
                                                  .price = Money::Micros(price.price_micros()),
                                                  .per_quantity = price.per_quantity(),
                                                  .category = price.category(),
                                                  .most_quantity = price.most_quantity()};
  }
}

void Evolution::On(const storage::v1::SponsorshipPublished& event) {
  state_.policy.sponsorships[event.sponsorship_id()] = {.position = entry_.position(),
                                                        .id = event.sponsorship_id(),
                                                        .account = BillingAccountId::Trusted(event.billing_account()),
                                                        .currency = event.currency(),
                                                        .partner_id = event.partner_id(),
                                                        .actions = {event.actions().begin(), event.actions().end()},
                                                        .skus = {event.skus().begin(), event.skus().end()},
                                                        .share_percent = event.share_percent(),
                                                        .quota = Money::Micros(event.quota_micros()),
                                                        .start_time = absl::FromUnixMicros(event.start_time()),
                                                        .end_time = TimeOrNever(event.end_time())};
}

}  // namespace bursar
