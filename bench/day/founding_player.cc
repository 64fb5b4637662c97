#include "bench/day/founding_player.h"

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "bursar/v1/account.pb.h"
#include "bursar/v1/billing.pb.h"
#include "bursar/v1/limit.pb.h"
#include "bursar/v1/outbox.pb.h"
#include "bursar/v1/policy.pb.h"

namespace bursar::day {
namespace {

constexpr char kTermsVersion[] = "2026-01";
constexpr char kPricingVersion[] = "2026-03";
constexpr int64_t kPromotionUsd = 50;

struct Brand {
  const char* id;
  const char* name;
  const char* region;
};

const Brand& BrandOf(Partner partner) {
  static constexpr Brand kBrands[] = {{"sjcloudplatform", "SJ Cloud Platform", "azure:westus"},
                                      {"campus", "Campus Computing", "aws:us-east-1"},
                                      {"open-biobank", "Open Biobank", "aws:eu-west-2"}};
  return kBrands[static_cast<int>(partner)];
}

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

void SetAccess(const Seat& seat, v1::MemberAccess& access) {
  access.set_admin(seat.admin);
  access.set_allow_billable_activities(seat.may_bill);
}

}  // namespace

void FoundingPlayer::PublishPolicy() {
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

void FoundingPlayer::Play(const Step& step) {
  switch (step.kind) {
    case StepKind::kRegister:
      return Register(step.subject);
    case StepKind::kFound:
      return Found(step.subject);
    case StepKind::kInvite:
      return Invite(step.subject, static_cast<uint32_t>(step.detail));
    case StepKind::kAccept:
      return Accept(step.subject, static_cast<uint32_t>(step.detail));
    case StepKind::kSubmitForm:
      return SubmitForm(step.subject);
    case StepKind::kResendMail:
      return ResendMail(step.subject);
    case StepKind::kConfirm:
      return Confirm(step.subject, /*again=*/false);
    case StepKind::kConfirmAgain:
      return Confirm(step.subject, /*again=*/true);
    case StepKind::kSetLimit:
      return SetLimit(step.subject);
    case StepKind::kDefaultPayer:
      return SetDefaultPayer(step.subject);
    case StepKind::kOpenProject:
      return OpenProject(step.subject);
    default:
      stage_.Surprise("the plan", "has a step of the day before it begins");
  }
}

void FoundingPlayer::Register(uint32_t person) {
  const Person& registering = stage_.population.people[person];
  v1::RegisterUserRequest request;
  request.set_request_id(absl::StrCat("register-", person));
  request.set_handle(registering.handle);
  request.set_name(registering.name);
  request.set_email(absl::StrCat(registering.handle, "@example.org"));
  request.set_partner_id(BrandOf(registering.partner).id);
  request.set_currency(NameOf(registering.currency));
  stage_.traffic.Queue(std::nullopt, [this, request](const Turn& turn) {
    stage_.traffic.Call<v1::RegisterUserResponse>("", request, [this, turn](const auto& answer) {
      const auto* registered = stage_.Expect("RegisterUser", answer);
      if (registered == nullptr) return;
      ++stage_.tally.registered;
      if (registered->has_entitlement()) ++stage_.tally.entitled;
      stage_.Saw(registered->position());
    });
  });
}

void FoundingPlayer::Found(Payer payer) {
  const Organization& organization = stage_.population.organizations[payer];
  v1::CreateOrganizationRequest request;
  request.set_request_id(absl::StrCat("found-", payer));
  request.set_handle(organization.handle);
  request.set_name(organization.name);
  request.set_currency(NameOf(organization.currency));
  request.set_hides_admins(organization.hides_admins);
  stage_.traffic.Queue(payer, [this, payer, request](const Turn& turn) {
    stage_.traffic.Call<v1::CreateOrganizationResponse>(
        stage_.OwnerOf(payer), request, [this, turn](const auto& answer) {
          const auto* created = stage_.Expect("CreateOrganization", answer);
          if (created == nullptr) return;
          ++stage_.tally.founded;
          stage_.Saw(created->position());
        });
  });
}

void FoundingPlayer::Invite(Payer payer, uint32_t seat) {
  const Seat& invited = stage_.population.organizations[payer].seats[seat];
  v1::InviteMemberRequest request;
  request.set_request_id(absl::StrCat("invite-", payer, "-", seat));
  request.set_organization_id(stage_.population.AccountId(payer));
  request.set_user_id(stage_.population.UserId(invited.person));
  SetAccess(invited, *request.mutable_access());
  stage_.traffic.Queue(payer, [this, payer, request](const Turn& turn) {
    stage_.traffic.Call<v1::InviteMemberResponse>(stage_.OwnerOf(payer), request, [this, turn](const auto& answer) {
      if (const auto* made = stage_.Expect("InviteMember", answer)) stage_.Saw(made->position());
    });
  });
}

void FoundingPlayer::Accept(Payer payer, uint32_t seat) {
  const uint32_t person = stage_.population.organizations[payer].seats[seat].person;
  v1::AcceptInvitationRequest request;
  request.set_request_id(absl::StrCat("accept-", payer, "-", seat));
  request.set_organization_id(stage_.population.AccountId(payer));
  stage_.traffic.Queue(payer, [this, person, request](const Turn& turn) {
    stage_.traffic.Call<v1::AcceptInvitationResponse>(
        stage_.population.UserId(person), request, [this, turn](const auto& answer) {
          const auto* accepted = stage_.Expect("AcceptInvitation", answer);
          if (accepted == nullptr) return;
          ++stage_.tally.joined;
          if (accepted->upgraded()) stage_.tally.upgraded.insert(accepted->user_id());
          stage_.Saw(accepted->position());
        });
  });
}

void FoundingPlayer::SubmitForm(Payer payer) {
  const bool organization = stage_.population.IsOrganization(payer);
  const std::string account = stage_.population.AccountId(payer);
  v1::SubmitAccountUpgradeRequest request;
  request.set_request_id(absl::StrCat("upgrade-", payer));
  request.set_billing_account(account);
  request.set_terms_version(kTermsVersion);
  request.set_pricing_version(kPricingVersion);
  v1::BillingContact& contact = *request.mutable_contact();
  contact.set_name(organization ? absl::StrCat("Accounts payable, ", stage_.population.organizations[payer].name)
                                : stage_.population.PersonOf(payer).name);
  contact.set_email(absl::StrCat("billing+", account, "@example.org"));
  contact.set_postal_address(absl::StrCat(payer + 1, " Science Park Road\n12345 Springfield"));
  contact.set_phone("+1 555 0100");
  stage_.traffic.Queue(payer, [this, payer, request](const Turn& turn) {
    stage_.traffic.Call<v1::SubmitAccountUpgradeResponse>(
        stage_.OwnerOf(payer), request, [this, payer, turn](const auto& answer) {
          const auto* submitted = stage_.Expect("SubmitAccountUpgrade", answer);
          if (submitted == nullptr) return;
          setups_[payer].mailed_at = submitted->position();
          stage_.Saw(submitted->position());
        });
  });
}

void FoundingPlayer::ResendMail(Payer payer) {
  v1::ResendVerificationRequest request;
  request.set_request_id(absl::StrCat("resend-", payer));
  request.set_billing_account(stage_.population.AccountId(payer));
  stage_.traffic.Queue(payer, [this, payer, request](const Turn& turn) {
    stage_.traffic.Call<v1::ResendVerificationResponse>(kSupport, request, [this, payer, turn](const auto& answer) {
      const auto* sent = stage_.Expect("ResendVerification", answer);
      if (sent == nullptr) return;
      setups_[payer].mailed_at = sent->position();
      stage_.Saw(sent->position());
    });
  });
}

void FoundingPlayer::Confirm(Payer payer, bool again) {
  stage_.traffic.Queue(payer, [this, payer, again](const Turn& turn) {
    if (again) return UseLink(payer, again, turn);
    ReadLink(payer, [this, payer, again, turn](std::string token) {
      setups_[payer].token = std::move(token);
      UseLink(payer, again, turn);
    });
  });
}

void FoundingPlayer::ReadLink(Payer payer, std::function<void(std::string)> then) {
  v1::ListMessagesRequest request;
  request.set_billing_account(stage_.population.AccountId(payer));
  request.set_page_size(1000);
  request.set_min_position(setups_[payer].mailed_at);
  stage_.traffic.Call<v1::ListMessagesResponse>(kSupport, request, [this, then = std::move(then)](const auto& answer) {
    const auto* mails = stage_.Expect("ListMessages", answer);
    if (mails == nullptr) return;
    std::string token;
    for (const v1::OutboxMessage& mail : mails->messages()) {
      if (!mail.link_token().empty()) token = mail.link_token();
    }
    then(token);
  });
}

void FoundingPlayer::UseLink(Payer payer, bool again, const Turn& turn) {
  v1::ConfirmBillingRequest request;
  request.set_request_id(absl::StrCat(again ? "confirm-again-" : "confirm-", payer));
  request.set_token(setups_[payer].token);
  stage_.traffic.Call<v1::ConfirmBillingResponse>("", request, [this, payer, again, turn](const auto& answer) {
    const auto* confirmed = stage_.Expect("ConfirmBilling", answer);
    if (confirmed == nullptr) return;
    stage_.Saw(confirmed->position());
    Tally& tally = stage_.tally;
    if (again) {
      ++tally.confirmed_twice;
      if (confirmed->position() == setups_[payer].confirmed_at) ++tally.same_answer_twice;
      return;
    }
    setups_[payer].confirmed_at = confirmed->position();
    ++tally.confirmed;
    if (stage_.population.ContactOf(payer) == Contact::kConfirmsSecondMail) ++tally.confirmed_by_second_mail;
    tally.upgraded.insert(confirmed->upgraded_user_ids().begin(), confirmed->upgraded_user_ids().end());
    const int64_t granted = confirmed->credit().granted_micros();
    tally.promised[stage_.CurrencyOf(payer)] += granted;
    tally.accounts[payer].granted += granted;
  });
}

void FoundingPlayer::SetLimit(Payer payer) {
  v1::SetSpendingLimitRequest request;
  request.set_request_id(absl::StrCat("limit-", payer));
  request.set_billing_account(stage_.population.AccountId(payer));
  request.set_limit_micros(stage_.population.LimitOf(payer));
  request.set_reason("Agreed when billing was set up.");
  stage_.traffic.Queue(payer, [this, payer, request](const Turn& turn) {
    stage_.traffic.Call<v1::SetSpendingLimitResponse>(kOperator, request, [this, payer, turn](const auto& answer) {
      const auto* set = stage_.Expect("SetSpendingLimit", answer);
      if (set == nullptr) return;
      stage_.tally.accounts[payer].limit = set->limit_micros();
      stage_.Saw(set->position());
    });
  });
}

void FoundingPlayer::SetDefaultPayer(uint32_t person) {
  v1::SetDefaultPayerRequest request;
  request.set_request_id(absl::StrCat("payer-", person));
  request.set_billing_account(stage_.population.AccountId(*stage_.population.people[person].employer));
  stage_.traffic.Queue(std::nullopt, [this, person, request](const Turn& turn) {
    stage_.traffic.Call<v1::SetDefaultPayerResponse>(stage_.population.UserId(person), request,
                                                     [this, turn](const auto& answer) {
                                                       if (const auto* set = stage_.Expect("SetDefaultPayer", answer))
                                                         stage_.Saw(set->position());
                                                     });
  });
}

void FoundingPlayer::OpenProject(uint32_t project) {
  const Project& opened = stage_.population.projects[project];
  v1::CreateProjectRequest request;
  request.set_request_id(absl::StrCat("project-", project));
  request.set_name(absl::StrCat("Cohort ", project + 1));
  request.set_bill_to(stage_.population.AccountId(opened.payer));
  stage_.traffic.Queue(std::nullopt, [this, project, owner = opened.owner, request](const Turn& turn) {
    stage_.traffic.Call<v1::CreateProjectResponse>(stage_.population.UserId(owner), request,
                                                   [this, project, turn](const auto& answer) {
                                                     const auto* created = stage_.Expect("CreateProject", answer);
                                                     if (created == nullptr) return;
                                                     ++stage_.tally.projects;
                                                     stage_.project_ids[project] = created->project().project_id();
                                                     stage_.Saw(created->position());
                                                   });
  });
}

}  // namespace bursar::day
