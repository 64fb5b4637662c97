#include "tests/nemesis/world.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "bursar/v1/account.pb.h"
#include "bursar/v1/billing.pb.h"
#include "bursar/v1/credit.pb.h"
#include "bursar/v1/finance.pb.h"
#include "bursar/v1/gate.pb.h"
#include "bursar/v1/history.pb.h"
#include "bursar/v1/limit.pb.h"
#include "bursar/v1/outbox.pb.h"
#include "bursar/v1/policy.pb.h"
#include "bursar/v1/usage.pb.h"
#include "google/protobuf/text_format.h"
#include "ledger/base/check.h"
#include "services/client/client.h"
#include "tests/nemesis/uninvited.h"

namespace bursar::nemesis {
namespace {

constexpr size_t kRecent = 16;
constexpr size_t kMostHolds = 64;
// Longer than anything but a server that was stopped.
constexpr absl::Duration kPatience = absl::Seconds(2);
constexpr const char* kOperator = "operator-olga";
constexpr const char* kService = "service-portal";

template <class Request>
std::shared_ptr<Request> Parse(const std::string& text) {
  auto request = std::make_shared<Request>();
  BURSAR_CHECK(google::protobuf::TextFormat::ParseFromString(text, request.get()));
  return request;
}

template <class Request>
Wish As(const std::string& principal, const std::string& id, const std::string& text) {
  std::shared_ptr<Request> request = Parse<Request>(text);
  request->set_request_id(id);
  return {principal, std::move(request)};
}

int64_t SomeCost(laws::Dice& dice) {
  return dice.Pick<int64_t>({1, 1'000, 20'000, 50'000, 100'000, 250'000, 1 + dice.Below(200'000)});
}

}  // namespace

World::World(int accounts, int repeats_one_in, History& history, Connection& connection)
    : repeats_one_in_(repeats_one_in), history_(history), connection_(connection) {
  for (int i = 0; i < accounts; ++i) accounts_.push_back(absl::StrCat("user-payer", i));
}

bool World::SetUp() {
  const Connection::Line line = connection_.Await(0);
  const auto ask = [&](const Wish& wish) { return Ask(line, -1, wish).ok(); };
  const auto id = [&] { return NewId(-1); };
  bool ok = ask(As<v1::PublishTermsRequest>(kOperator, id(), "terms { document: DOCUMENT_TERMS version: '1' }")) &&
            ask(As<v1::PublishTermsRequest>(kOperator, id(), "terms { document: DOCUMENT_PRICING version: '1' }")) &&
            ask(As<v1::PublishActionCatalogueRequest>(kOperator, id(),
                                                      "actions { name: 'run' gated: true category: 'compute' }")) &&
            ask(As<v1::PublishPriceListRequest>(
                kOperator, id(),
                absl::StrCat("currency: 'USD' prices { sku: 'disk' category: 'storage' per_quantity: 1 price_micros: ",
                             kPriceMicros, " }")));
  for (size_t i = 0; ok && i < accounts_.size(); ++i) {
    ok = ask(As<v1::RegisterUserRequest>(
             kService, id(),
             absl::StrCat("handle: 'payer", i, "' name: 'Payer' email: 'payer", i, "@example.org' currency: 'USD'"))) &&
         ask(As<v1::SubmitAccountUpgradeRequest>(
             accounts_[i], id(),
             absl::StrCat("billing_account: '", accounts_[i],
                          "' terms_version: '1' pricing_version: '1' contact { name: 'Grace' "
                          "email: 'grace@example.org' postal_address: '1 Main St' phone: '+1 555 0100' }")));
    // The mail follows the log at its own pace; its link is not among what is judged.
    const Client reader(line.channel, {.principal = kOperator});
    v1::ListMessagesRequest mails;
    mails.set_min_position(history_.size());
    const auto sent = reader.Call<v1::ListMessagesResponse>(mails);
    if (!ok || !sent.ok() || sent->messages().empty()) return false;
    const auto& newest = sent->messages(sent->messages_size() - 1);
    ok = ask(As<v1::ConfirmBillingRequest>(kService, id(), absl::StrCat("token: '", newest.link_token(), "'"))) &&
         ask(As<v1::SetSpendingLimitRequest>(
             kOperator, id(), absl::StrCat("billing_account: '", accounts_[i], "' limit_micros: 1000000")));
  }
  return ok;
}

Wish World::Next(laws::Dice& dice, int client) {
  const bool repeats = dice.OneIn(repeats_one_in_);
  if (repeats) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!recent_.empty()) return recent_[static_cast<size_t>(dice.Below(static_cast<int64_t>(recent_.size())))];
  }
  Wish wish = NewWish(dice, client);
  if (RequestIdOf(*wish.request).empty()) return wish;
  const std::lock_guard<std::mutex> lock(mutex_);
  recent_.push_back(wish);
  if (recent_.size() > kRecent) recent_.pop_front();
  return wish;
}

Wish World::NewWish(laws::Dice& dice, int client) {
  const std::string account = dice.Pick(accounts_);
  const std::string paid_by = absl::StrCat("billing_account: '", account, "'");
  const std::string action =
      absl::StrCat("gated_action { action: 'run' user_id: '", account, "' cost_micros: ", SomeCost(dice), " }");
  const int64_t roll = dice.Below(100);
  if (roll < 30) return As<v1::PlaceHoldRequest>(kService, NewId(client), action);
  if (roll < 38) {
    return As<v1::ExtendHoldRequest>(
        kService, NewId(client),
        absl::StrCat("hold_id: '", SomeHold(dice, false), "' additional_micros: ", SomeCost(dice)));
  }
  if (roll < 50) {
    const bool last = !dice.OneIn(3);
    return As<v1::CaptureHoldRequest>(kService, NewId(client),
                                      absl::StrCat("hold_id: '", SomeHold(dice, last && dice.OneIn(2)),
                                                   "' last: ", last, " amount_micros: ", SomeCost(dice)));
  }
  if (roll < 68) {
    return As<v1::ReleaseHoldRequest>(kService, NewId(client),
                                      absl::StrCat("hold_id: '", SomeHold(dice, !dice.OneIn(3)), "'"));
  }
  if (roll < 72) {
    return {kService, Parse<v1::RecordUsageRequest>(
                          absl::StrCat("records { record_id: '", NewId(client), "' user_id: '", account,
                                       "' usage { sku: 'disk' quantity: ", 1 + dice.Below(50), " } }"))};
  }
  if (roll < 77) {
    return As<v1::GrantCreditRequest>(
        kOperator, NewId(client), absl::StrCat(paid_by, " reason: 'More' amount_micros: ", 1 + dice.Below(400'000)));
  }
  if (roll < 79) {
    return As<v1::SetSpendingLimitRequest>(
        kOperator, NewId(client),
        absl::StrCat(paid_by, " limit_micros: ", dice.Pick({0, 500'000, 1'000'000, 3'000'000})));
  }
  if (roll < 86) {
    return {kService, Parse<v1::CheckRequest>(absl::StrCat(action, dice.OneIn(2) ? " validate_only: true" : ""))};
  }
  if (roll < 92) return {"finance-fay", Parse<v1::GetBalanceRequest>(paid_by)};
  if (roll < 96) return {"finance-fay", Parse<v1::GetHeadRequest>("")};
  if (roll < 97) return {kUninvited, Parse<v1::ListMessagesRequest>("")};
  if (roll < 98) {
    return As<v1::GrantCreditRequest>(kUninvited, NewId(client),
                                      absl::StrCat(paid_by, " reason: 'Mine' amount_micros: 1000000"));
  }
  if (roll < 99) {
    return As<v1::ReleaseHoldRequest>(kUninvited, NewId(client),
                                      absl::StrCat("hold_id: '", SomeHold(dice, false), "'"));
  }
  return As<v1::SetSpendingLimitRequest>(kUninvited, NewId(client), absl::StrCat(paid_by, " limit_micros: 9000000"));
}

std::string World::NewId(int client) {
  const std::lock_guard<std::mutex> lock(mutex_);
  return absl::StrCat("client", client, "-", ++ids_);
}

// One that was placed, perhaps released meanwhile; taken, nobody else is told of it any more.
std::string World::SomeHold(laws::Dice& dice, bool takes_it) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (holds_.empty()) return "hold-1";
  const auto at = static_cast<size_t>(dice.Below(static_cast<int64_t>(holds_.size())));
  const std::string hold = holds_[at];
  if (takes_it) {
    holds_[at] = holds_.back();
    holds_.pop_back();
  }
  return hold;
}

void World::Learn(const Message& answer) {
  const auto* placed = dynamic_cast<const v1::PlaceHoldResponse*>(&answer);
  if (placed == nullptr || !placed->has_hold()) return;
  const std::lock_guard<std::mutex> lock(mutex_);
  if (holds_.size() < kMostHolds) holds_.push_back(placed->hold().hold_id());
}

namespace {

// A usage record is answered inside an answer: an error there is what became of it.
absl::Status ErrorWithin(const Message& answer) {
  const auto* recorded = dynamic_cast<const v1::RecordUsageResponse*>(&answer);
  if (recorded == nullptr || !recorded->results(0).has_error()) return absl::OkStatus();
  const google::rpc::Status& error = recorded->results(0).error();
  absl::Status status(static_cast<absl::StatusCode>(error.code()), error.message());
  for (const auto& detail : error.details()) status.SetPayload(detail.type_url(), absl::Cord(detail.value()));
  return status;
}

}  // namespace

absl::StatusOr<std::shared_ptr<const Message>> World::Ask(const Connection::Line& line, int client, const Wish& wish) {
  const auto* method = MethodOf(*wish.request->GetDescriptor());
  BURSAR_CHECK(method != nullptr);
  const Client caller(line.channel, {.principal = wish.principal, .attempts = 1});
  const size_t call = history_.Invoke(client, wish.principal, wish.request);
  absl::StatusOr<std::unique_ptr<Message>> answer = caller.Call(*method, *wish.request, absl::Now() + kPatience);
  const absl::Status error = answer.ok() ? ErrorWithin(**answer) : answer.status();
  if (!error.ok()) {
    history_.Return(call, error);
    return error;
  }
  std::shared_ptr<const Message> shared = *std::move(answer);
  history_.Return(call, shared);
  return shared;
}

}  // namespace bursar::nemesis
