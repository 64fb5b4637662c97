#include "bench/day/policy_player.h"

#include "absl/strings/str_cat.h"
#include "bench/day/brands.h"
#include "bursar/v1/policy.pb.h"

namespace bursar::day {
namespace {

constexpr int64_t kPromotionUsd = 50;
constexpr int64_t kSponsoredUsd = 100;
// More than anything that a person stores or a job uses.
constexpr int64_t kMostQuantity = 1'000'000'000'000;

struct Action {
  const char* name;
  bool free;
  const char* category;
};
constexpr Action kActions[] = {{"project.create", true, "other"},  {"data.add", true, "storage"},
                               {"folder.create", true, "other"},   {"workflow.create", true, "other"},
                               {"analysis.run", false, "compute"}, {"data.egress", false, "egress"}};

v1::PublishActionCatalogueRequest Catalogue() {
  v1::PublishActionCatalogueRequest request;
  request.set_request_id("catalogue");
  for (const Action& action : kActions) {
    v1::CatalogueAction& listed = *request.add_actions();
    listed.set_name(action.name);
    listed.set_gated(true);
    listed.set_free(action.free);
    listed.set_category(action.category);
  }
  // What lowers cost is never gated.
  v1::CatalogueAction& removing = *request.add_actions();
  removing.set_name("data.delete");
  removing.set_free(true);
  removing.set_category("storage");
  return request;
}

v1::PublishPriceListRequest PriceList(Currency currency) {
  v1::PublishPriceListRequest request;
  request.set_request_id(absl::StrCat("prices-", NameOf(currency)));
  request.set_currency(NameOf(currency));
  for (const Sku sku : kSkus) {
    v1::Price& price = *request.add_prices();
    price.set_sku(PriceOf(sku).name);
    price.set_category(PriceOf(sku).category);
    price.set_price_micros(PriceMicros(sku, currency));
    price.set_per_quantity(PriceOf(sku).per_quantity);
    price.set_most_quantity(kMostQuantity);
  }
  return request;
}

v1::PublishTermsRequest TermsOf(v1::Document document, const char* version, const char* url) {
  v1::PublishTermsRequest request;
  request.set_request_id(absl::StrCat("terms-", version));
  request.mutable_terms()->set_document(document);
  request.mutable_terms()->set_version(version);
  request.mutable_terms()->set_url(url);
  return request;
}

v1::PublishPartnerRequest PartnerOf(Partner partner) {
  const Brand& brand = BrandOf(partner);
  v1::PublishPartnerRequest request;
  request.set_request_id(absl::StrCat("partner-", brand.id));
  request.mutable_partner()->set_partner_id(brand.id);
  request.mutable_partner()->set_display_name(brand.name);
  request.mutable_partner()->set_default_region(brand.region);
  v1::IdentityProvider& provider = *request.mutable_partner()->add_identity_providers();
  provider.set_issuer(IssuerOf(partner));
  provider.set_internal(true);
  return request;
}

v1::PublishPromotionRequest Promotion() {
  v1::PublishPromotionRequest request;
  request.set_request_id("promotion");
  request.mutable_promotion()->set_promotion_id("welcome-50");
  request.mutable_promotion()->set_partner_id(BrandOf(Partner::kSjCloud).id);
  request.mutable_promotion()->set_amount_micros(kPromotionUsd * kUnit);
  request.mutable_promotion()->set_currency(NameOf(Currency::kUsd));
  return request;
}

// Downloads of open data, up to so much for each payer in a month.
v1::PublishSponsorshipRequest SponsorshipBy(const std::string& account) {
  v1::PublishSponsorshipRequest request;
  request.set_request_id("sponsorship");
  v1::Sponsorship& sponsorship = *request.mutable_sponsorship();
  sponsorship.set_sponsorship_id("open-data");
  sponsorship.set_billing_account(account);
  sponsorship.add_skus(PriceOf(Sku::kOpenDataEgress).name);
  sponsorship.set_share_percent(100);
  sponsorship.set_quota_micros(kSponsoredUsd * kUnit);
  return request;
}

}  // namespace

void PolicyPlayer::PublishPolicy() {
  Traffic& traffic = stage_.traffic;
  const auto expect = [this](const char* what) {
    return [this, what](const auto& answer) {
      if (const auto* published = stage_.Expect(what, answer)) stage_.Saw(published->position());
    };
  };
  for (const Partner partner : kPartners) {
    traffic.Call<v1::PublishPartnerResponse>(kOperator, PartnerOf(partner), expect("PublishPartner"));
  }
  traffic.Drain();
  traffic.Call<v1::PublishPromotionResponse>(kOperator, Promotion(), expect("PublishPromotion"));
  traffic.Call<v1::PublishTermsResponse>(
      kOperator, TermsOf(v1::DOCUMENT_TERMS, kTermsVersion, "https://example.org/terms"), expect("PublishTerms"));
  traffic.Call<v1::PublishTermsResponse>(
      kOperator, TermsOf(v1::DOCUMENT_PRICING, kPricingVersion, "https://example.org/pricing"), expect("PublishTerms"));
  traffic.Call<v1::PublishActionCatalogueResponse>(kOperator, Catalogue(), expect("PublishActionCatalogue"));
  for (const Currency currency : kCurrencies) {
    traffic.Call<v1::PublishPriceListResponse>(kOperator, PriceList(currency), expect("PublishPriceList"));
  }
  traffic.Drain();
}

void PolicyPlayer::PublishSponsorship() {
  stage_.traffic.Queue(kSponsor, [this](const Turn& turn) {
    stage_.traffic.Call<v1::PublishSponsorshipResponse>(
        kOperator, SponsorshipBy(stage_.population.AccountId(kSponsor)), [this, turn](const auto& answer) {
          if (const auto* published = stage_.Expect("PublishSponsorship", answer)) stage_.Saw(published->position());
        });
  });
}

}  // namespace bursar::day
