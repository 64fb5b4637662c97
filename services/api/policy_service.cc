// bursar.v1.PolicyService.
#include <algorithm>
#include <set>
#include <tuple>

#include "bursar/v1/policy.pb.h"
#include "services/api/render.h"
#include "services/api/requests.h"
#include "services/api/services.h"

namespace bursar {
namespace {

using storage::v1::Entry;
using storage::v1::Event;

// Partners and promotions --------------------------------------------------------------------------------------------

absl::StatusOr<Command> ParsePublishPartner(const Call&, const v1::PublishPartnerRequest& request) {
  const auto& partner = request.partner();
  PublishPartner command{.partner_id = partner.partner_id(),
                         .display_name = partner.display_name(),
                         .default_region = partner.default_region()};
  for (const auto& provider : partner.identity_providers()) {
    command.identity_providers.push_back({.issuer = provider.issuer(), .internal = provider.internal()});
  }
  return command;
}

v1::PublishPartnerResponse RenderPublishPartner(const Entry& entry) {
  v1::PublishPartnerResponse response;
  const auto& published = EventOf(entry, Event::kPartnerPublished).partner_published();
  response.mutable_partner()->set_partner_id(published.partner_id());
  response.mutable_partner()->set_display_name(published.display_name());
  response.mutable_partner()->set_default_region(published.default_region());
  for (const auto& provider : published.identity_providers()) {
    auto& shown = *response.mutable_partner()->add_identity_providers();
    shown.set_issuer(provider.issuer());
    shown.set_internal(provider.internal());
  }
  response.set_position(entry.position());
  return response;
}

absl::StatusOr<Command> ParsePublishPromotion(const Call&, const v1::PublishPromotionRequest& request) {
  const auto& promotion = request.promotion();
  return PublishPromotion{.promotion_id = promotion.promotion_id(),
                          .partner_id = promotion.partner_id(),
                          .amount = Money::Micros(promotion.amount_micros()),
                          .currency = promotion.currency(),
                          .start_time = TimeIf(promotion.has_start_time(), promotion.start_time()),
                          .end_time = TimeIf(promotion.has_end_time(), promotion.end_time()),
                          .credit_lifetime = absl::Seconds(promotion.credit_lifetime_seconds()),
                          .credit_priority = promotion.credit_priority()};
}

v1::PublishPromotionResponse RenderPublishPromotion(const Entry& entry) {
  constexpr int64_t kMicrosPerSecond = 1'000'000;
  v1::PublishPromotionResponse response;
  const auto& published = EventOf(entry, Event::kPromotionPublished).promotion_published();
  auto& shown = *response.mutable_promotion();
  shown.set_promotion_id(published.promotion_id());
  shown.set_partner_id(published.partner_id());
  shown.set_amount_micros(published.amount_micros());
  shown.set_currency(published.currency());
  *shown.mutable_start_time() = ToTimestamp(published.start_time());
  if (published.end_time() != 0) *shown.mutable_end_time() = ToTimestamp(published.end_time());
  shown.set_credit_lifetime_seconds(published.credit_lifetime_micros() / kMicrosPerSecond);
  shown.set_credit_priority(published.credit_priority());
  response.set_position(entry.position());
  return response;
}

v1::Promotion ToPromotion(const Promotion& promotion) {
  v1::Promotion shown;
  shown.set_promotion_id(promotion.id);
  shown.set_partner_id(promotion.partner_id);
  shown.set_amount_micros(promotion.amount.micros());
  shown.set_currency(promotion.currency);
  *shown.mutable_start_time() = ToTimestamp(promotion.start_time);
  if (promotion.end_time != absl::InfiniteFuture()) *shown.mutable_end_time() = ToTimestamp(promotion.end_time);
  shown.set_credit_lifetime_seconds(absl::ToInt64Seconds(promotion.credit_lifetime));
  shown.set_credit_priority(promotion.credit_priority);
  return shown;
}

// Terms and pricing --------------------------------------------------------------------------------------------------

absl::StatusOr<Command> ParsePublishTerms(const Call&, const v1::PublishTermsRequest& request) {
  const auto& terms = request.terms();
  return PublishTerms{.document = terms.document() == v1::DOCUMENT_TERMS ? Document::kTerms : Document::kPricing,
                      .version = terms.version(),
                      .effective_time = TimeIf(terms.has_effective_time(), terms.effective_time()),
                      .url = terms.url()};
}

v1::PublishTermsResponse RenderPublishTerms(const Entry& entry) {
  v1::PublishTermsResponse response;
  const auto& published = EventOf(entry, Event::kTermsPublished).terms_published();
  auto& shown = *response.mutable_terms();
  const bool terms = published.document() == storage::v1::TermsPublished::DOCUMENT_TERMS;
  shown.set_document(terms ? v1::DOCUMENT_TERMS : v1::DOCUMENT_PRICING);
  shown.set_version(published.version());
  *shown.mutable_effective_time() = ToTimestamp(published.effective_time());
  shown.set_url(published.url());
  response.set_position(entry.position());
  return response;
}

void AddTerms(v1::GetPolicyResponse& response, v1::Document document, const TermsVersion* version) {
  if (version == nullptr) return;
  auto& shown = *response.add_terms();
  shown.set_document(document);
  shown.set_version(version->version);
  *shown.mutable_effective_time() = ToTimestamp(version->effective_time);
  shown.set_url(version->url);
}

// The action catalogue -----------------------------------------------------------------------------------------------

absl::StatusOr<Command> ParsePublishActionCatalogue(const Call&, const v1::PublishActionCatalogueRequest& request) {
  PublishActionCatalogue command{.effective_time = TimeIf(request.has_effective_time(), request.effective_time())};
  for (const auto& action : request.actions()) {
    command.actions.push_back(
        {.name = action.name(), .gated = action.gated(), .free = action.free(), .category = action.category()});
  }
  return command;
}

v1::PublishActionCatalogueResponse RenderPublishActionCatalogue(const Entry& entry) {
  v1::PublishActionCatalogueResponse response;
  const auto& published = EventOf(entry, Event::kActionCataloguePublished).action_catalogue_published();
  *response.mutable_effective_time() = ToTimestamp(published.effective_time());
  response.set_position(entry.position());
  return response;
}

void AddActions(v1::GetPolicyResponse& response, const Policy& policy, absl::Time time) {
  std::set<std::string> names;
  for (const ActionCatalogue& catalogue : policy.catalogues) {
    for (const auto& [name, action] : catalogue.actions) names.insert(name);
  }
  for (const std::string& name : names) {
    const CatalogueAction* action = policy.FindAction(name, time);
    if (action == nullptr) continue;
    auto& shown = *response.add_actions();
    shown.set_name(action->name);
    shown.set_gated(action->gated);
    shown.set_free(action->free);
    shown.set_category(action->category);
  }
}

// Prices --------------------------------------------------------------------------------------------------------------

absl::StatusOr<Command> ParsePublishPriceList(const Call&, const v1::PublishPriceListRequest& request) {
  PublishPriceList command{.currency = request.currency(),
                           .effective_time = TimeIf(request.has_effective_time(), request.effective_time())};
  for (const auto& price : request.prices()) {
    command.prices.push_back({.sku = price.sku(),
                              .region = price.region(),
                              .price = Money::Micros(price.price_micros()),
                              .per_quantity = price.per_quantity(),
                              .category = price.category(),
                              .most_quantity = price.most_quantity()});
  }
  return command;
}

v1::PublishPriceListResponse RenderPublishPriceList(const Entry& entry) {
  v1::PublishPriceListResponse response;
  const auto& published = EventOf(entry, Event::kPriceListPublished).price_list_published();
  response.set_currency(published.currency());
  *response.mutable_effective_time() = ToTimestamp(published.effective_time());
  response.set_position(entry.position());
  return response;
}

void AddPriceList(v1::GetPolicyResponse& response, const std::string& currency, const PriceList* list) {
  if (list == nullptr) return;
  auto& shown = *response.add_price_lists();
  shown.set_currency(currency);
  *shown.mutable_effective_time() = ToTimestamp(list->effective_time);
  shown.set_position(list->position);
  std::vector<const ListedPrice*> prices;
  for (const auto& [key, price] : list->prices) prices.push_back(&price);
  std::sort(prices.begin(), prices.end(),
            [](const auto* a, const auto* b) { return std::tie(a->sku, a->region) < std::tie(b->sku, b->region); });
  for (const ListedPrice* price : prices) {
    auto& row = *shown.add_prices();
    row.set_sku(price->sku);
    row.set_region(price->region);
    row.set_price_micros(price->price.micros());
    row.set_per_quantity(price->per_quantity);
    row.set_category(price->category);
    if (price->most_quantity > 0) row.set_most_quantity(price->most_quantity);
  }
}

// Sponsorships -------------------------------------------------------------------------------------------------------

absl::StatusOr<Command> ParsePublishSponsorship(const Call&, const v1::PublishSponsorshipRequest& request) {
  const auto& sponsorship = request.sponsorship();
  return PublishSponsorship{.sponsorship_id = sponsorship.sponsorship_id(),
                            .billing_account = IdOf<BillingAccountId>(sponsorship.billing_account()),
                            .partner_id = sponsorship.partner_id(),
                            .actions = {sponsorship.actions().begin(), sponsorship.actions().end()},
                            .skus = {sponsorship.skus().begin(), sponsorship.skus().end()},
                            .share_percent = sponsorship.share_percent(),
                            .quota = Money::Micros(sponsorship.quota_micros()),
                            .start_time = TimeIf(sponsorship.has_start_time(), sponsorship.start_time()),
                            .end_time = TimeIf(sponsorship.has_end_time(), sponsorship.end_time())};
}

v1::PublishSponsorshipResponse RenderPublishSponsorship(const Entry& entry) {
  v1::PublishSponsorshipResponse response;
  const auto& published = EventOf(entry, Event::kSponsorshipPublished).sponsorship_published();
  auto& shown = *response.mutable_sponsorship()->mutable_sponsorship();
  shown.set_sponsorship_id(published.sponsorship_id());
  shown.set_billing_account(published.billing_account());
  shown.set_partner_id(published.partner_id());
  *shown.mutable_actions() = published.actions();
  *shown.mutable_skus() = published.skus();
  shown.set_share_percent(published.share_percent());
  shown.set_quota_micros(published.quota_micros());
  *shown.mutable_start_time() = ToTimestamp(published.start_time());
  if (published.end_time() != 0) *shown.mutable_end_time() = ToTimestamp(published.end_time());
  response.mutable_sponsorship()->set_currency(published.currency());
  response.mutable_sponsorship()->set_position(entry.position());
  response.set_position(entry.position());
  return response;
}

v1::PublishedSponsorship ToSponsorship(const Sponsorship& sponsorship) {
  v1::PublishedSponsorship published;
  auto& shown = *published.mutable_sponsorship();
  shown.set_sponsorship_id(sponsorship.id);
  shown.set_billing_account(sponsorship.account.text());
  shown.set_partner_id(sponsorship.partner_id);
  shown.mutable_actions()->Assign(sponsorship.actions.begin(), sponsorship.actions.end());
  shown.mutable_skus()->Assign(sponsorship.skus.begin(), sponsorship.skus.end());
  shown.set_share_percent(sponsorship.share_percent);
  shown.set_quota_micros(sponsorship.quota.micros());
  *shown.mutable_start_time() = ToTimestamp(sponsorship.start_time);
  if (sponsorship.end_time != absl::InfiniteFuture()) *shown.mutable_end_time() = ToTimestamp(sponsorship.end_time);
  published.set_currency(sponsorship.currency);
  published.set_position(sponsorship.position);
  return published;
}

void AddSponsorships(v1::GetPolicyResponse& response, const Policy& policy, absl::Time time) {
  std::vector<const Sponsorship*> open;
  for (const auto& [id, sponsorship] : policy.sponsorships) {
    if (sponsorship.IsOpen(time)) open.push_back(&sponsorship);
  }
  std::sort(open.begin(), open.end(), [](const auto* a, const auto* b) { return a->position < b->position; });
  for (const Sponsorship* sponsorship : open) *response.add_sponsorships() = ToSponsorship(*sponsorship);
}

v1::GetPolicyResponse RenderPolicy(const Policy& policy, absl::Time time) {
  v1::GetPolicyResponse response;
  for (const auto& [id, partner] : policy.partners) {
    auto& shown = *response.add_partners();
    shown.set_partner_id(id);
    shown.set_display_name(partner.display_name);
    shown.set_default_region(partner.default_region);
    for (const IdentityProvider& provider : partner.identity_providers) {
      shown.add_identity_providers()->set_issuer(provider.issuer);
      shown.mutable_identity_providers()->rbegin()->set_internal(provider.internal);
    }
  }
  for (const auto& [id, promotion] : policy.promotions) {
    if (promotion.IsOpen(time)) *response.add_promotions() = ToPromotion(promotion);
  }
  AddTerms(response, v1::DOCUMENT_TERMS, policy.CurrentTerms(Document::kTerms, time));
  AddTerms(response, v1::DOCUMENT_PRICING, policy.CurrentTerms(Document::kPricing, time));
  AddActions(response, policy, time);
  for (const auto& [currency, lists] : policy.price_lists) {
    AddPriceList(response, currency, policy.PriceListAt(currency, time));
  }
  AddSponsorships(response, policy, time);
  *response.mutable_as_of_time() = ToTimestamp(time);
  return response;
}

}  // namespace

void AddPolicyService(Methods& methods, Ledger& ledger) {
  methods.Write<v1::PublishPartnerRequest, v1::PublishPartnerResponse>(ParsePublishPartner, RenderPublishPartner);
  methods.Write<v1::PublishPromotionRequest, v1::PublishPromotionResponse>(ParsePublishPromotion,
                                                                           RenderPublishPromotion);
  methods.Write<v1::PublishTermsRequest, v1::PublishTermsResponse>(ParsePublishTerms, RenderPublishTerms);
  methods.Write<v1::PublishActionCatalogueRequest, v1::PublishActionCatalogueResponse>(ParsePublishActionCatalogue,
                                                                                       RenderPublishActionCatalogue);
  methods.Write<v1::PublishPriceListRequest, v1::PublishPriceListResponse>(ParsePublishPriceList,
                                                                           RenderPublishPriceList);
  methods.Write<v1::PublishSponsorshipRequest, v1::PublishSponsorshipResponse>(ParsePublishSponsorship,
                                                                               RenderPublishSponsorship);
  methods.Read<v1::GetPolicyRequest, v1::GetPolicyResponse>(
      [&ledger](const Call&, const v1::GetPolicyRequest& request) {
        return FromState<v1::GetPolicyResponse>(
            ledger, [&](const State& state, absl::Time now) -> absl::StatusOr<v1::GetPolicyResponse> {
              v1::GetPolicyResponse response =
                  RenderPolicy(state.policy, TimeIf(request.has_at_time(), request.at_time()).value_or(now));
              response.set_position(state.position);
              return response;
            });
      });
}

}  // namespace bursar
