// Dated policy.
#include <set>

#include "tests/oracle/ask.h"

namespace bursar::oracle {
namespace {

Answer PublishPartner(World& world, const Asked& asked, const v1::PublishPartnerRequest& request) {
  world.partners[request.partner().partner_id()] = request.partner();
  v1::PublishPartnerResponse response;
  *response.mutable_partner() = request.partner();
  response.set_position(asked.position);
  return Give(std::move(response));
}

Answer PublishPromotion(World& world, const Asked& asked, const v1::PublishPromotionRequest& request) {
  const auto& policy = request.promotion();
  if (world.partners.count(policy.partner_id()) == 0) return Refuse(v1::ERROR_REASON_PARTNER_NOT_FOUND);
  if (world.promotions.count(policy.promotion_id()) != 0) return Refuse(v1::ERROR_REASON_ALREADY_PUBLISHED);
  Promotion promotion{.policy = policy};
  promotion.start = policy.has_start_time() ? TimeOf(policy.start_time()) : asked.now;
  promotion.end = policy.has_end_time() ? TimeOf(policy.end_time()) : absl::InfiniteFuture();
  if (promotion.start < asked.now) return Refuse(v1::ERROR_REASON_EFFECTIVE_TIME_IN_PAST);
  if (promotion.end <= promotion.start) return Refuse(v1::ERROR_REASON_INVALID_FIELD);
  v1::PublishPromotionResponse response;
  *response.mutable_promotion() = policy;
  *response.mutable_promotion()->mutable_start_time() = ToTimestamp(promotion.start);
  response.set_position(asked.position);
  world.promotions[policy.promotion_id()] = promotion;
  return Give(std::move(response));
}

Answer PublishTerms(World& world, const Asked& asked, const v1::PublishTermsRequest& request) {
  const auto& terms = request.terms();
  for (const Terms& published : world.terms[terms.document()]) {
    if (published.version == terms.version()) return Refuse(v1::ERROR_REASON_ALREADY_PUBLISHED);
  }
  const absl::Time effective = terms.has_effective_time() ? TimeOf(terms.effective_time()) : asked.now;
  if (effective < asked.now) return Refuse(v1::ERROR_REASON_EFFECTIVE_TIME_IN_PAST);
  world.terms[terms.document()].push_back({.version = terms.version(), .effective = effective});
  v1::PublishTermsResponse response;
  *response.mutable_terms() = terms;
  *response.mutable_terms()->mutable_effective_time() = ToTimestamp(effective);
  response.set_position(asked.position);
  return Give(std::move(response));
}

Answer PublishActionCatalogue(World& world, const Asked& asked, const v1::PublishActionCatalogueRequest& request) {
  const absl::Time effective = request.has_effective_time() ? TimeOf(request.effective_time()) : asked.now;
  if (effective < asked.now) return Refuse(v1::ERROR_REASON_EFFECTIVE_TIME_IN_PAST);
  Catalogue catalogue{.effective = effective, .position = asked.position};
  for (const auto& action : request.actions()) {
    if (!catalogue.actions.emplace(action.name(), action).second) return Refuse(v1::ERROR_REASON_INVALID_FIELD);
  }
  world.catalogues.push_back(std::move(catalogue));
  v1::PublishActionCatalogueResponse response;
  *response.mutable_effective_time() = ToTimestamp(effective);
  response.set_position(asked.position);
  return Give(std::move(response));
}

Answer PublishPriceList(World& world, const Asked& asked, const v1::PublishPriceListRequest& request) {
  const absl::Time effective = request.has_effective_time() ? TimeOf(request.effective_time()) : asked.now;
  if (effective < asked.now) return Refuse(v1::ERROR_REASON_EFFECTIVE_TIME_IN_PAST);
  PriceList list{.effective = effective, .position = asked.position};
  for (const auto& price : request.prices()) {
    if (!list.prices.emplace(std::make_pair(price.sku(), price.region()), price).second) {
      return Refuse(v1::ERROR_REASON_INVALID_FIELD);
    }
  }
  world.price_lists[request.currency()].push_back(std::move(list));
  v1::PublishPriceListResponse response;
  response.set_currency(request.currency());
  *response.mutable_effective_time() = ToTimestamp(effective);
  response.set_position(asked.position);
  return Give(std::move(response));
}

Answer PublishSponsorship(World& world, const Asked& asked, const v1::PublishSponsorshipRequest& request) {
  const auto& policy = request.sponsorship();
  const std::string sponsor = world.Present(policy.billing_account());
  const Account* account = world.FindAccount(sponsor);
  if (account == nullptr) return Refuse(v1::ERROR_REASON_BILLING_ACCOUNT_NOT_FOUND);
  if (!policy.partner_id().empty() && world.partners.count(policy.partner_id()) == 0) {
    return Refuse(v1::ERROR_REASON_PARTNER_NOT_FOUND);
  }
  for (const Sponsorship& published : world.sponsorships) {
    if (published.policy.sponsorship_id() == policy.sponsorship_id()) {
      return Refuse(v1::ERROR_REASON_ALREADY_PUBLISHED);
    }
  }
  Sponsorship sponsorship{.policy = policy, .position = asked.position};
  sponsorship.start = policy.has_start_time() ? TimeOf(policy.start_time()) : asked.now;
  sponsorship.end = policy.has_end_time() ? TimeOf(policy.end_time()) : absl::InfiniteFuture();
  if (sponsorship.start < asked.now) return Refuse(v1::ERROR_REASON_EFFECTIVE_TIME_IN_PAST);
  if (sponsorship.end <= sponsorship.start || (policy.actions().empty() && policy.skus().empty())) {
    return Refuse(v1::ERROR_REASON_INVALID_FIELD);
  }
  sponsorship.policy.set_billing_account(sponsor);
  *sponsorship.policy.mutable_start_time() = ToTimestamp(sponsorship.start);
  v1::PublishSponsorshipResponse response;
  *response.mutable_sponsorship()->mutable_sponsorship() = sponsorship.policy;
  response.mutable_sponsorship()->set_currency(account->currency);
  response.mutable_sponsorship()->set_position(asked.position);
  response.set_position(asked.position);
  world.sponsorships.push_back(std::move(sponsorship));
  return Give(std::move(response));
}

}  // namespace

void AddPolicy(Handlers& handlers) {
  On<v1::PublishPartnerRequest>(handlers, PublishPartner);
  On<v1::PublishPromotionRequest>(handlers, PublishPromotion);
  On<v1::PublishTermsRequest>(handlers, PublishTerms);
  On<v1::PublishActionCatalogueRequest>(handlers, PublishActionCatalogue);
  On<v1::PublishPriceListRequest>(handlers, PublishPriceList);
  On<v1::PublishSponsorshipRequest>(handlers, PublishSponsorship);
}

}  // namespace bursar::oracle
