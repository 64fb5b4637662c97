#include "tests/oracle/dealings.h"

#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <utility>

#include "absl/strings/str_cat.h"
#include "bursar/v1/billing.pb.h"
#include "bursar/v1/credit.pb.h"
#include "bursar/v1/finance.pb.h"
#include "bursar/v1/gate.pb.h"
#include "bursar/v1/limit.pb.h"
#include "bursar/v1/outbox.pb.h"
#include "bursar/v1/policy.pb.h"
#include "bursar/v1/usage.pb.h"
#include "google/rpc/error_details.pb.h"
#include "services/api/call_log.h"

namespace bursar {
namespace {

using google::protobuf::Message;

constexpr int64_t kUnit = 1'000'000;
constexpr char kPortal[] = "service-portal";
constexpr char kOlga[] = "operator-olga";
const char* const kActions[] = {"analysis.run", "data.egress", "folder.create", "project.create", "data.list"};

google::protobuf::Timestamp ToTimestamp(absl::Time time) {
  google::protobuf::Timestamp timestamp;
  const int64_t micros = absl::ToUnixMicros(time);
  timestamp.set_seconds(micros / 1'000'000);
  timestamp.set_nanos(static_cast<int32_t>(micros % 1'000'000 * 1'000));
  return timestamp;
}

std::string ReasonOf(const absl::Status& status) {
  google::rpc::ErrorInfo info;
  const auto payload = status.GetPayload("type.googleapis.com/google.rpc.ErrorInfo");
  return payload.has_value() && info.ParseFromString(std::string(*payload)) ? info.reason() : "";
}

uint64_t PositionOf(const Message& message) {
  const auto* field = message.GetDescriptor()->FindFieldByName("position");
  return field == nullptr ? 0 : message.GetReflection()->GetUInt64(message, field);
}

// Of the entry that answered, or of the decision that a check came to.
uint64_t PositionOfAnswer(const Message& message) {
  if (message.GetDescriptor() == v1::CheckResponse::descriptor()) {
    return static_cast<const v1::CheckResponse&>(message).decision().position();
  }
  if (message.GetDescriptor() == v1::GetBalanceResponse::descriptor()) {
    return static_cast<const v1::GetBalanceResponse&>(message).balance().position();
  }
  return PositionOf(message);
}

void SetRequestId(Message& message, const std::string& id) {
  const auto* field = message.GetDescriptor()->FindFieldByName("request_id");
  if (field != nullptr) message.GetReflection()->SetString(&message, field, id);
}

}  // namespace

Dealings::Dealings(uint64_t seed)
    : dice_(seed), clock_(absl::FromUnixSeconds(1'772'442'000)), links_(LinkKey::Fresh()) {
  SetCallLog(false);
  auto ledger = Ledger::Open({.log = &log_, .clock = &clock_, .on_failure = [](const absl::Status&) { std::abort(); }});
  ledger_ = *std::move(ledger);
  calls_ = std::make_unique<Calls>(*ledger_, links_);
  for (const auto* service : Calls::Services()) {
    for (int i = 0; i < service->method_count(); ++i) methods_[service->method(i)->input_type()] = service->method(i);
  }
  Publish();
}

Dealings::~Dealings() {
  calls_.reset();
  ledger_.reset();
}

template <class Request>
Request Dealings::New() {
  Request request;
  SetRequestId(request, absl::StrCat("request-", ++requests_));
  const auto* field = Request::descriptor()->FindFieldByName("validate_only");
  if (field != nullptr && dice_.OneIn(20)) request.GetReflection()->SetBool(&request, field, true);
  return request;
}

Dealings::Answered Dealings::Serve(const std::string& principal, const Message& request) {
  Answered answered;
  const auto* method = methods_.at(request.GetDescriptor());
  std::mutex mutex;
  std::condition_variable changed;
  bool done = false;
  const Call call{.principal = *Principal::Parse(principal), .method = method};
  calls_->Serve(call, request.SerializeAsString(), [&](const absl::Status& status, const Message* response) {
    const std::lock_guard<std::mutex> lock(mutex);
    answered.status = status;
    if (response != nullptr) {
      answered.response.reset(response->New());
      answered.response->CopyFrom(*response);
    }
    done = true;
    changed.notify_one();
  });
  std::unique_lock<std::mutex> lock(mutex);
  changed.wait(lock, [&] { return done; });
  return answered;
}

Dealings::Answered Dealings::Ask(const std::string& principal, const Message& request) {
  uint64_t position = 0;
  const auto now = [&] { ledger_->Read([&](const State& state, absl::Time) { position = state.position; }); };
  now();
  const uint64_t before = position;
  Answered answered = Serve(principal, request);
  now();
  // Where nothing was written, it was answered from the state that there is.
  const auto* rehearses = request.GetDescriptor()->FindFieldByName("validate_only");
  const bool rehearsal = rehearses != nullptr && request.GetReflection()->GetBool(request, rehearses);
  if (answered.response != nullptr && position > before && !rehearsal) {
    const uint64_t answer = PositionOfAnswer(*answered.response);
    if (answer != 0) position = answer;
  }
  const std::string reason = answered.status.ok() ? "" : ReasonOf(answered.status);
  ++seen_[absl::StrCat(request.GetDescriptor()->name(), " ", answered.status.ok() ? "OK" : reason)];
  const auto wrong = oracle_.Judge({.principal = principal,
                                    .method = methods_.at(request.GetDescriptor()),
                                    .request = &request,
                                    .status = answered.status,
                                    .reason = reason,
                                    .response = answered.response.get(),
                                    .time = clock_.Now(),
                                    .position = position});
  if (wrong.has_value() && wrong_.empty()) wrong_ = *wrong;
  std::unique_ptr<Message> copy(request.New());
  copy->CopyFrom(request);
  if (asked_.size() < 64) {
    asked_.emplace_back(principal, std::move(copy));
  } else {
    asked_[static_cast<size_t>(dice_.Below(64))] = {principal, std::move(copy)};
  }
  return answered;
}

void Dealings::Publish() {
  auto partner = New<v1::PublishPartnerRequest>();
  partner.set_validate_only(false);
  partner.mutable_partner()->set_partner_id("cloud");
  partner.mutable_partner()->set_display_name("Cloud");
  partner.mutable_partner()->set_default_region("azure:westus");
  auto& provider = *partner.mutable_partner()->add_identity_providers();
  provider.set_issuer("https://house.example.org");
  provider.set_internal(true);
  Ask(kOlga, partner);
  auto promotion = New<v1::PublishPromotionRequest>();
  promotion.set_validate_only(false);
  promotion.mutable_promotion()->set_promotion_id("welcome");
  promotion.mutable_promotion()->set_partner_id("cloud");
  promotion.mutable_promotion()->set_amount_micros(50 * kUnit);
  promotion.mutable_promotion()->set_currency("USD");
  promotion.mutable_promotion()->set_credit_lifetime_seconds(dice_.OneIn(2) ? 86'400 * 30 : 0);
  if (dice_.OneIn(3)) *promotion.mutable_promotion()->mutable_end_time() = ToTimestamp(clock_.Now() + absl::Hours(30));
  Ask(kOlga, promotion);
  for (const auto document : {v1::DOCUMENT_TERMS, v1::DOCUMENT_PRICING}) {
    auto terms = New<v1::PublishTermsRequest>();
    terms.set_validate_only(false);
    terms.mutable_terms()->set_document(document);
    terms.mutable_terms()->set_version("1");
    Ask(kOlga, terms);
  }
  auto catalogue = New<v1::PublishActionCatalogueRequest>();
  catalogue.set_validate_only(false);
  for (const char* name : kActions) {
    auto& action = *catalogue.add_actions();
    action.set_name(name);
    action.set_gated(std::string(name) != "data.list");
    action.set_free(std::string(name) != "analysis.run" && std::string(name) != "data.egress");
    action.set_category(std::string(name) == "data.egress" ? "network" : "compute");
  }
  Ask(kOlga, catalogue);
  auto prices = New<v1::PublishPriceListRequest>();
  prices.set_validate_only(false);
  prices.set_currency("USD");
  const struct {
    const char* sku;
    int64_t price;
    int64_t per;
    const char* category;
  } rows[] = {{"cpu", 143'000, 3600, "compute"}, {"gpu", 3'000'001, 3600, "compute"}, {"disk", 30'000, 7, "storage"}};
  for (const auto& row : rows) {
    auto& price = *prices.add_prices();
    price.set_sku(row.sku);
    price.set_price_micros(row.price);
    price.set_per_quantity(row.per);
    price.set_category(row.category);
    if (std::string(row.sku) == "cpu") price.set_most_quantity(1'000'000);
  }
  Ask(kOlga, prices);
}

// Names ---------------------------------------------------------------------------------------------------------------

std::string Dealings::User() {
  if (users_.empty() || dice_.OneIn(40)) return "user-nobody";
  return dice_.Pick(users_);
}

std::string Dealings::Organization() { return dice_.OneIn(30) ? "org-nowhere" : dice_.Pick({"org-lab", "org-uni"}); }

std::string Dealings::Account() { return dice_.OneIn(2) ? User() : Organization(); }

std::string Dealings::Somebody() {
  return dice_.OneIn(3) ? User() : dice_.Pick<std::string>({kPortal, kOlga, "finance-fay", "support-sam", User()});
}

std::string Dealings::Project() { return projects_.empty() || dice_.OneIn(20) ? "project-1" : dice_.Pick(projects_); }

std::string Dealings::Hold() {
  if (holds_.empty() || dice_.OneIn(30)) return "hold-1";
  const auto recent = static_cast<int64_t>(std::min<size_t>(holds_.size(), 8));
  return holds_[holds_.size() - 1 - static_cast<size_t>(dice_.Below(recent))];
}

std::string Dealings::Charge() { return charges_.empty() || dice_.OneIn(30) ? "charge-1" : dice_.Pick(charges_); }

int64_t Dealings::Amount() {
  switch (dice_.Below(12)) {
    case 0:
      return dice_.Pick<int64_t>({0, 1, 2, 3, 5, 7});
    case 1:
      return dice_.Pick<int64_t>({10, 20, 25, 50}) * kUnit;
    case 2:
      return dice_.OneIn(10) ? dice_.Pick<int64_t>({-1, 1'000'000'000 * kUnit, 1'000'000'000 * kUnit + 1,
                                                    std::numeric_limits<int64_t>::min()})
                             : kUnit;
    case 3:
      return 1 + dice_.Below(60 * kUnit);
    default:
      return 1 + dice_.Below(8 * kUnit);
  }
}

absl::Time Dealings::Moment() {
  return clock_.Now() + dice_.Pick({absl::Microseconds(-1), absl::ZeroDuration(), absl::Microseconds(1),
                                    absl::Minutes(30), absl::Hours(2), absl::Hours(24), absl::Hours(24 * 9),
                                    absl::Hours(24 * 90), absl::Hours(24 * 90) + absl::Microseconds(1)});
}

// What is asked for
// -----------------------------------------------------------------------------------------------------

void Dealings::People() {
  switch (dice_.Below(users_.size() < 5 ? 2 : 12)) {
    case 0:
    case 1: {
      auto request = New<v1::RegisterUserRequest>();
      const std::string handle = dice_.Pick<std::string>({"ada", "Bob", "cleo", "dan", "eve", "fay", "gus"});
      request.set_handle(handle);
      request.set_name("Somebody");
      request.set_email(absl::StrCat(dice_.OneIn(8) ? "ada" : handle, "@example.org"));
      if (!dice_.OneIn(3)) request.set_partner_id(dice_.OneIn(15) ? "nobody" : "cloud");
      request.set_currency(dice_.OneIn(12) ? "GBP" : "USD");
      if (dice_.OneIn(6)) request.set_region("aws:eu");
      if (dice_.OneIn(6)) {
        request.set_identity_issuer(dice_.OneIn(5) ? "https://other.example.org" : "https://house.example.org");
        if (!dice_.OneIn(8)) request.set_identity_subject(absl::StrCat("subject-", dice_.Below(4)));
      }
      const auto answered = Ask(dice_.OneIn(2) ? kPortal : Somebody(), request);
      if (answered.response == nullptr || request.validate_only()) return;
      users_.push_back(static_cast<const v1::RegisterUserResponse&>(*answered.response).user_id());
      return;
    }
    case 2: {
      auto request = New<v1::LinkIdentityRequest>();
      request.set_user_id(User());
      request.set_identity_issuer("https://house.example.org");
      request.set_identity_subject(absl::StrCat("subject-", dice_.Below(6)));
      Ask(dice_.OneIn(8) ? Somebody() : "support-sam", request);
      return;
    }
    case 3: {
      auto request = New<v1::CloseUserRequest>();
      if (!dice_.OneIn(6)) return;
      request.set_user_id(User());
      Ask(dice_.OneIn(2) ? request.user_id() : "support-sam", request);
      return;
    }
    case 4: {
      if (!dice_.OneIn(6)) return;
      auto request = New<v1::MergeUsersRequest>();
      request.set_from_user_id(User());
      request.set_into_user_id(User());
      request.set_reason("the same person");
      Ask(dice_.OneIn(12) ? Somebody() : "support-sam", request);
      return;
    }
    default: {
      auto request = New<v1::SetDefaultPayerRequest>();
      const std::string user = User();
      if (dice_.OneIn(2)) request.set_user_id(dice_.OneIn(8) ? User() : user);
      request.set_billing_account(dice_.OneIn(3) ? user : Account());
      Ask(user, request);
      return;
    }
  }
}

void Dealings::Members() {
  const std::string caller = dice_.OneIn(8) ? Somebody() : User();
  switch (dice_.Below(8)) {
    case 0: {
      auto request = New<v1::CreateOrganizationRequest>();
      request.set_handle(dice_.Pick<std::string>({"lab", "Lab", "uni"}));
      request.set_name("Somewhere");
      request.set_currency("USD");
      request.set_hides_admins(dice_.OneIn(2));
      if (dice_.OneIn(2)) request.set_admin_user_id(User());
      Ask(caller, request);
      return;
    }
    case 1:
    case 2: {
      auto request = New<v1::InviteMemberRequest>();
      request.set_organization_id(Organization());
      request.set_user_id(User());
      request.mutable_access()->set_admin(dice_.OneIn(4));
      request.mutable_access()->set_allow_billable_activities(!dice_.OneIn(4));
      for (const std::string& user : users_) Ask(user, request);
      return;
    }
    case 3:
    case 4: {
      auto request = New<v1::AcceptInvitationRequest>();
      request.set_organization_id(Organization());
      for (const std::string& user : users_) {
        SetRequestId(request, absl::StrCat("request-", ++requests_));
        Ask(user, request);
      }
      return;
    }
    case 5: {
      auto request = New<v1::SetMemberAccessRequest>();
      request.set_organization_id(Organization());
      request.set_user_id(User());
      request.mutable_access()->set_admin(dice_.OneIn(3));
      request.mutable_access()->set_allow_billable_activities(!dice_.OneIn(3));
      Ask(caller, request);
      return;
    }
    case 6: {
      auto request = New<v1::RemoveMemberRequest>();
      request.set_organization_id(Organization());
      if (dice_.OneIn(2)) request.set_user_id(User());
      Ask(caller, request);
      return;
    }
    default: {
      if (dice_.OneIn(3)) {
        auto request = New<v1::SetOrganizationExpiryRequest>();
        request.set_organization_id(Organization());
        if (dice_.OneIn(3)) *request.mutable_expire_time() = ToTimestamp(Moment());
        Ask(kOlga, request);
        return;
      }
      auto request = New<v1::SetOrganizationSettingsRequest>();
      request.set_organization_id(Organization());
      request.set_hides_admins(dice_.OneIn(2));
      request.set_restricts_transfers(dice_.OneIn(2));
      Ask(caller, request);
      return;
    }
  }
}

void Dealings::Setup() {
  switch (dice_.Below(4)) {
    case 0: {
      auto request = New<v1::SubmitAccountUpgradeRequest>();
      const std::string user = User();
      request.set_billing_account(dice_.OneIn(2) ? user : Account());
      auto& contact = *request.mutable_contact();
      contact.set_name("Cleo Contact");
      contact.set_email("contact@example.org");
      contact.set_postal_address("1 Main Street");
      if (!dice_.OneIn(20)) contact.set_phone("+1 555 0100");
      request.set_terms_version(dice_.OneIn(15) ? "0" : "1");
      request.set_pricing_version("1");
      Ask(user, request);
      return;
    }
    case 1: {
      auto request = New<v1::ResendVerificationRequest>();
      request.set_billing_account(Account());
      Ask(dice_.OneIn(2) ? "support-sam" : Somebody(), request);
      return;
    }
    default: {
      v1::ListMessagesRequest list;
      list.set_newest_first(true);
      uint64_t position = 0;
      ledger_->Read([&](const State& state, absl::Time) { position = state.position; });
      list.set_min_position(position);
      const auto answered = Ask("support-sam", list);
      if (answered.response == nullptr) return;
      for (const auto& message : static_cast<const v1::ListMessagesResponse&>(*answered.response).messages()) {
        if (message.link_token().empty() || dice_.OneIn(3)) continue;
        if (dice_.OneIn(10)) {
          auto decline = New<v1::DeclineBillingRequest>();
          decline.set_token(message.link_token());
          Ask("anonymous", decline);
          continue;
        }
        auto confirm = New<v1::ConfirmBillingRequest>();
        confirm.set_token(message.link_token());
        Ask("anonymous", confirm);
      }
      return;
    }
  }
}

void Dealings::Money() {
  switch (dice_.Below(5)) {
    case 0:
    case 1: {
      auto request = New<v1::GrantCreditRequest>();
      request.set_billing_account(Account());
      request.set_amount_micros(Amount());
      request.set_reason("goodwill");
      request.set_priority(static_cast<int32_t>(dice_.Below(3)));
      if (dice_.OneIn(15)) request.set_currency(dice_.Pick<std::string>({"USD", "GBP"}));
      if (dice_.OneIn(3)) *request.mutable_effective_time() = ToTimestamp(Moment());
      if (dice_.OneIn(3)) *request.mutable_expire_time() = ToTimestamp(Moment());
      if (dice_.OneIn(3)) request.add_actions(dice_.Pick<std::string>({"analysis.run", "data.egress"}));
      const auto answered = Ask(dice_.OneIn(15) ? Somebody() : kOlga, request);
      if (answered.response == nullptr || request.validate_only()) return;
      credits_.push_back(static_cast<const v1::GrantCreditResponse&>(*answered.response).credit().credit_id());
      return;
    }
    case 2: {
      if (dice_.OneIn(6)) return Sponsor();
      auto request = New<v1::RevokeCreditRequest>();
      if (!dice_.OneIn(4)) return;
      request.set_credit_id(credits_.empty() ? "credit-1" : dice_.Pick(credits_));
      request.set_reason("withdrawn");
      Ask(dice_.OneIn(15) ? Somebody() : kOlga, request);
      return;
    }
    default: {
      auto request = New<v1::RecordPaymentRequest>();
      request.set_billing_account(Account());
      request.set_amount_micros(Amount());
      if (dice_.OneIn(15)) request.set_currency(dice_.Pick<std::string>({"USD", "GBP"}));
      const auto answered = Ask(dice_.OneIn(15) ? Somebody() : "finance-fay", request);
      if (answered.response == nullptr || request.validate_only()) return;
      const auto& credit = static_cast<const v1::RecordPaymentResponse&>(*answered.response).credit_id();
      if (!credit.empty()) credits_.push_back(credit);
      return;
    }
  }
}

void Dealings::Sponsor() {
  auto request = New<v1::PublishSponsorshipRequest>();
  auto& sponsorship = *request.mutable_sponsorship();
  sponsorship.set_sponsorship_id(absl::StrCat("study-", dice_.Below(4)));
  sponsorship.set_billing_account(Account());
  if (dice_.OneIn(3)) sponsorship.set_partner_id("cloud");
  if (!dice_.OneIn(4)) sponsorship.add_actions("analysis.run");
  if (!dice_.OneIn(4)) sponsorship.add_skus(dice_.Pick<std::string>({"cpu", "gpu", "disk"}));
  sponsorship.set_share_percent(static_cast<int32_t>(dice_.Pick<int64_t>({1, 33, 50, 100})));
  sponsorship.set_quota_micros(1 + dice_.Below(40 * kUnit));
  if (dice_.OneIn(4)) *sponsorship.mutable_start_time() = ToTimestamp(Moment());
  if (dice_.OneIn(4)) *sponsorship.mutable_end_time() = ToTimestamp(Moment());
  Ask(kOlga, request);
}

void Dealings::Limits() {
  const std::string increase = increases_.empty() || dice_.OneIn(20) ? "increase-1" : increases_.back();
  switch (dice_.Below(6)) {
    case 0:
    case 1: {
      auto request = New<v1::SetSpendingLimitRequest>();
      request.set_billing_account(Account());
      request.set_limit_micros(Amount());
      Ask(dice_.OneIn(15) ? Somebody() : kOlga, request);
      return;
    }
    case 2: {
      auto request = New<v1::RequestLimitIncreaseRequest>();
      request.set_billing_account(Account());
      request.set_requested_limit_micros(Amount());
      for (const std::string& user : users_) {
        SetRequestId(request, absl::StrCat("request-", ++requests_));
        const auto answered = Ask(user, request);
        if (answered.response == nullptr || request.validate_only()) continue;
        increases_.push_back(
            static_cast<const v1::RequestLimitIncreaseResponse&>(*answered.response).increase().increase_id());
      }
      return;
    }
    case 3: {
      auto request = New<v1::ApproveLimitIncreaseRequest>();
      request.set_increase_id(increase);
      if (dice_.OneIn(3)) request.set_limit_micros(Amount());
      if (dice_.OneIn(3)) *request.mutable_end_time() = ToTimestamp(Moment());
      Ask(dice_.Pick<std::string>({kOlga, "operator-ada", "operator-bob"}), request);
      return;
    }
    case 4: {
      auto request = New<v1::DenyLimitIncreaseRequest>();
      request.set_increase_id(increase);
      request.set_reason("no");
      Ask(dice_.Pick<std::string>({kOlga, "operator-ada"}), request);
      return;
    }
    default: {
      auto request = New<v1::WithdrawLimitIncreaseRequest>();
      request.set_increase_id(increase);
      Ask(User(), request);
      return;
    }
  }
}

void Dealings::Budgets() {
  if (dice_.OneIn(4)) {
    auto request = New<v1::RemoveBudgetRequest>();
    request.set_budget_id(budgets_.empty() ? "budget-1" : dice_.Pick(budgets_));
    Ask(dice_.OneIn(3) ? User() : kOlga, request);
    return;
  }
  auto request = New<v1::SetBudgetRequest>();
  request.set_billing_account(Account());
  if (dice_.OneIn(3)) request.set_user_id(User());
  if (dice_.OneIn(3)) request.set_project_id(Project());
  if (dice_.OneIn(3)) request.set_category(dice_.Pick<std::string>({"compute", "network", "storage"}));
  request.set_limit_micros(Amount());
  request.set_period(dice_.Pick({v1::Budget::PERIOD_DAY, v1::Budget::PERIOD_WEEK, v1::Budget::PERIOD_MONTH,
                                 v1::Budget::PERIOD_LIFE, v1::Budget::PERIOD_DAY}));
  request.set_time_zone(dice_.Pick<std::string>({"", "UTC", "Europe/Berlin", "Asia/Tokyo", "Europe/Atlantis"}));
  const auto answered = Ask(dice_.OneIn(4) ? User() : kOlga, request);
  if (answered.response == nullptr || request.validate_only()) return;
  budgets_.push_back(static_cast<const v1::SetBudgetResponse&>(*answered.response).budget().budget_id());
}

void Dealings::Gate() {
  v1::GatedAction action;
  action.set_action(dice_.OneIn(40) ? "unknown"
                                    : dice_.Pick({kActions[0], kActions[0], kActions[0], kActions[1], kActions[2],
                                                  kActions[3], kActions[4]}));
  action.set_user_id(User());
  if (dice_.OneIn(3)) action.set_project_id(Project());
  if (dice_.OneIn(3)) action.set_bill_to(Account());
  action.set_cost_micros(Amount());
  const std::string caller = dice_.OneIn(12) ? Somebody() : kPortal;
  if (dice_.OneIn(3)) {
    auto request = New<v1::CheckRequest>();
    *request.mutable_gated_action() = action;
    const auto answered = Ask(caller, request);
    if (answered.response == nullptr || dice_.OneIn(2)) return;
    // All that there is, or a micro more.
    const auto& decision = static_cast<const v1::CheckResponse&>(*answered.response).decision();
    if (!decision.allowed() || decision.funds_micros() <= 0 || decision.funds_micros() > 1'000 * kUnit) return;
    action.set_cost_micros(decision.funds_micros() + dice_.Below(2));
  }
  if (dice_.OneIn(3)) action.set_cost_limit_micros(Amount());
  auto request = New<v1::PlaceHoldRequest>();
  *request.mutable_gated_action() = action;
  if (dice_.OneIn(2)) *request.mutable_expire_time() = ToTimestamp(Moment());
  const auto answered = Ask(caller, request);
  if (answered.response == nullptr || request.validate_only()) return;
  const auto& response = static_cast<const v1::PlaceHoldResponse&>(*answered.response);
  if (response.has_hold()) holds_.push_back(response.hold().hold_id());
}

void Dealings::Holds() {
  const std::string caller = dice_.OneIn(25) ? Somebody() : kPortal;
  switch (dice_.Below(8)) {
    case 0:
    case 1: {
      auto request = New<v1::ExtendHoldRequest>();
      request.set_hold_id(Hold());
      request.set_additional_micros(dice_.OneIn(4) ? 0 : Amount());
      if (dice_.OneIn(3)) *request.mutable_expire_time() = ToTimestamp(Moment());
      Ask(caller, request);
      return;
    }
    case 2: {
      auto request = New<v1::ReleaseHoldRequest>();
      request.set_hold_id(Hold());
      Ask(caller, request);
      return;
    }
    case 3: {
      v1::GetHoldRequest request;
      request.set_hold_id(Hold());
      Ask(Somebody(), request);
      return;
    }
    default: {
      auto request = New<v1::CaptureHoldRequest>();
      request.set_hold_id(Hold());
      if (dice_.OneIn(3)) {
        auto& usage = *request.mutable_usage();
        usage.set_sku(dice_.Pick<std::string>({"cpu", "gpu", "disk", "none"}));
        usage.set_quantity(dice_.Below(100'000));
        if (dice_.OneIn(5)) *usage.mutable_usage_time() = ToTimestamp(clock_.Now() - absl::Minutes(dice_.Below(100)));
      } else {
        request.set_amount_micros(Amount());
      }
      request.set_last(dice_.OneIn(3));
      const auto answered = Ask(caller, request);
      if (answered.response == nullptr || request.validate_only()) return;
      charges_.push_back(static_cast<const v1::CaptureHoldResponse&>(*answered.response).charge().charge_id());
      return;
    }
  }
}

void Dealings::Usage() {
  switch (dice_.Below(5)) {
    case 0: {
      auto request = New<v1::ReverseChargeRequest>();
      request.set_charge_id(Charge());
      if (dice_.OneIn(2)) request.set_amount_micros(Amount());
      request.set_cause(dice_.OneIn(3) ? v1::REVERSAL_CAUSE_PLATFORM_FAILURE : v1::REVERSAL_CAUSE_CORRECTION);
      request.set_reason("it was wrong");
      Ask(dice_.Pick<std::string>({kPortal, kOlga, "finance-fay"}), request);
      return;
    }
    case 1: {
      if (quarantine_.empty()) return;
      if (dice_.OneIn(3)) {
        auto request = New<v1::DiscardQuarantinedUsageRequest>();
        request.set_quarantine_id(dice_.Pick(quarantine_));
        request.set_reason("a broken meter");
        Ask(kOlga, request);
        return;
      }
      auto request = New<v1::ReleaseQuarantinedUsageRequest>();
      request.set_quarantine_id(dice_.Pick(quarantine_));
      if (dice_.OneIn(2)) request.set_quantity(1 + dice_.Below(100'000));
      const auto answered = Ask(kOlga, request);
      if (answered.response == nullptr || request.validate_only()) return;
      charges_.push_back(
          static_cast<const v1::ReleaseQuarantinedUsageResponse&>(*answered.response).charge().charge_id());
      return;
    }
    default: {
      v1::RecordUsageRequest request;
      request.set_validate_only(dice_.OneIn(20));
      for (int64_t i = dice_.Below(3); i >= 0; --i) {
        auto& record = *request.add_records();
        record.set_record_id(absl::StrCat("record-", dice_.OneIn(15) ? requests_ : ++requests_));
        record.set_user_id(User());
        if (dice_.OneIn(3)) record.set_project_id(Project());
        if (dice_.OneIn(3)) record.set_bill_to(Account());
        auto& usage = *record.mutable_usage();
        usage.set_sku(dice_.Pick<std::string>({"cpu", "gpu", "disk", "cpu", "none"}));
        if (dice_.OneIn(4)) usage.set_region("aws:eu");
        usage.set_quantity(dice_.OneIn(15) ? dice_.Pick<int64_t>({-5, 1'000'001, 1'000'000, 0})
                                           : dice_.Below(usage.sku() == "disk" ? 1'000 : 60'000));
        if (dice_.OneIn(5)) {
          *usage.mutable_usage_time() =
              ToTimestamp(clock_.Now() + (dice_.OneIn(4) ? dice_.Pick({absl::Minutes(1), absl::Minutes(5),
                                                                       absl::Minutes(5) + absl::Microseconds(1)})
                                                         : -absl::Minutes(dice_.Below(100))));
        }
      }
      const auto answered = Ask(dice_.OneIn(30) ? Somebody() : kPortal, request);
      if (answered.response == nullptr || request.validate_only()) return;
      for (const auto& result : static_cast<const v1::RecordUsageResponse&>(*answered.response).results()) {
        if (result.has_charge()) charges_.push_back(result.charge().charge_id());
        if (result.has_quarantine()) quarantine_.push_back(result.quarantine().quarantine_id());
      }
      return;
    }
  }
}

void Dealings::Projects() {
  const std::string caller = dice_.OneIn(10) ? Somebody() : User();
  switch (dice_.Below(6)) {
    case 0:
    case 1: {
      auto request = New<v1::CreateProjectRequest>();
      request.set_name("genomes");
      if (dice_.OneIn(3)) request.set_user_id(User());
      if (dice_.OneIn(2)) request.set_bill_to(Account());
      if (dice_.OneIn(4)) request.set_region("aws:eu");
      const auto answered = Ask(caller, request);
      if (answered.response == nullptr || request.validate_only()) return;
      projects_.push_back(static_cast<const v1::CreateProjectResponse&>(*answered.response).project().project_id());
      return;
    }
    case 2:
    case 3: {
      auto request = New<v1::SetProjectPayerRequest>();
      request.set_project_id(Project());
      request.set_bill_to(Account());
      Ask(caller, request);
      return;
    }
    case 4: {
      auto request = New<v1::AcceptProjectTransferRequest>();
      request.set_project_id(Project());
      Ask(caller, request);
      return;
    }
    default: {
      auto request = New<v1::DeclineProjectTransferRequest>();
      request.set_project_id(Project());
      Ask(caller, request);
      return;
    }
  }
}

void Dealings::Reads() {
  uint64_t position = 0;
  ledger_->Read([&](const State& state, absl::Time) { position = state.position; });
  const std::string caller = Somebody();
  switch (dice_.Below(7)) {
    case 0: {
      v1::GetBalanceRequest request;
      request.set_billing_account(Account());
      request.set_min_position(position);
      Ask(caller, request);
      return;
    }
    case 1: {
      v1::ListCreditsRequest request;
      request.set_billing_account(Account());
      Ask(caller, request);
      return;
    }
    case 2: {
      v1::ListBudgetsRequest request;
      request.set_billing_account(Account());
      Ask(caller, request);
      return;
    }
    case 3: {
      v1::GetUserRequest request;
      request.set_user_id(User());
      Ask(caller, request);
      return;
    }
    case 4: {
      v1::GetOrganizationRequest request;
      request.set_organization_id(Organization());
      Ask(caller, request);
      return;
    }
    case 5: {
      v1::GetProjectRequest request;
      request.set_project_id(Project());
      Ask(caller, request);
      return;
    }
    default: {
      v1::GetBillingAccountRequest request;
      request.set_billing_account(Account());
      Ask(caller, request);
      return;
    }
  }
}

void Dealings::PassTime() {
  clock_.Advance(dice_.Pick({absl::Microseconds(1), absl::Seconds(20), absl::Minutes(1), absl::Minutes(30),
                             absl::Hours(2), absl::Hours(7), absl::Hours(24), absl::Hours(24 * 9)}));
  (void)ledger_->Tick();
}

void Dealings::Repeat() {
  if (asked_.empty()) return;
  const auto& [principal, message] = asked_[static_cast<size_t>(dice_.Below(static_cast<int64_t>(asked_.size())))];
  const std::string who = principal;
  std::unique_ptr<Message> again(message->New());
  again->CopyFrom(*message);
  const auto* amount = again->GetDescriptor()->FindFieldByName("amount_micros");
  if (amount != nullptr && dice_.OneIn(4)) again->GetReflection()->SetInt64(again.get(), amount, 1 + dice_.Below(99));
  Ask(who, *again);
}

bool Dealings::Step() {
  // So that something can be done in the world at all.
  const int64_t roll = users_.size() < 3 ? 0 : dice_.Below(100);
  if (roll < 4) {
    People();
  } else if (roll < 9) {
    Members();
  } else if (roll < 14) {
    Setup();
  } else if (roll < 22) {
    Money();
  } else if (roll < 27) {
    Limits();
  } else if (roll < 30) {
    Budgets();
  } else if (roll < 48) {
    Gate();
  } else if (roll < 68) {
    Holds();
  } else if (roll < 78) {
    Usage();
  } else if (roll < 83) {
    Projects();
  } else if (roll < 92) {
    Reads();
  } else if (roll < 96) {
    PassTime();
  } else {
    Repeat();
  }
  return wrong_.empty();
}

}  // namespace bursar
