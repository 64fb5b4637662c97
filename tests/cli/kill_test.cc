// The server is killed again and again, at work and while it starts: what it has answered stays so.
#include <algorithm>
#include <atomic>
#include <csignal>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "bursar/v1/account.pb.h"
#include "bursar/v1/billing.pb.h"
#include "bursar/v1/finance.pb.h"
#include "bursar/v1/gate.pb.h"
#include "bursar/v1/history.pb.h"
#include "bursar/v1/limit.pb.h"
#include "bursar/v1/outbox.pb.h"
#include "bursar/v1/policy.pb.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "services/client/client.h"
#include "tests/cli/running_server.h"

namespace bursar {
namespace {

using google::protobuf::Message;

constexpr int64_t kLimit = 1'000'000'000;
constexpr int64_t kHold = 8'000'000;
constexpr int kCallers = 8;
// After how many answers the server is killed. There are funds for about 600 in all; then follow denials.
constexpr int kAnswers[] = {20, 100, 150, 200, 250};

// A write that was asked for.
struct Asked {
  std::string principal;
  std::string request_id;
  std::shared_ptr<const Message> request;
  // nullptr as long as none has come.
  std::shared_ptr<const Message> answer;

  uint64_t position() const {
    return answer->GetReflection()->GetUInt64(*answer, answer->GetDescriptor()->FindFieldByName("position"));
  }
};

class KillNine : public testing::Test {
 protected:
  Client As(const std::string& principal) const { return Client(channel_, {.principal = principal, .attempts = 1}); }

  // Asks once, with a request id of its own; nullopt where the server is gone. Thread-safe.
  template <class Response, class Request>
  std::optional<Response> Ask(const std::string& principal, const std::string& text) {
    Request request;
    EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &request)) << text;
    request.set_request_id(absl::StrCat("request-", ++requests_));
    const absl::StatusOr<Response> answer = As(principal).Call<Response>(request, deadline_);
    EXPECT_TRUE(answer.ok() || absl::IsUnavailable(answer.status())) << answer.status() << request.DebugString();
    const std::lock_guard<std::mutex> lock(mutex_);
    asked_.push_back({principal, request.request_id(), std::make_shared<Request>(request), nullptr});
    if (!answer.ok()) return std::nullopt;
    asked_.back().answer = std::make_shared<Response>(*answer);
    return *answer;
  }
  template <class Response, class Request>
  Response Read(const std::string& principal, Request request) const {
    request.set_min_position(asked_.size());
    const absl::StatusOr<Response> answer = As(principal).Call<Response>(request, deadline_);
    EXPECT_TRUE(answer.ok()) << answer.status() << request.DebugString();
    return answer.value_or(Response());
  }

  void MakeWorld();
  void KillWhileItOpens(const std::string& part) const;
  void KillAtWork(Process& server, int answers);
  void Work(const std::function<void()>& answered);
  bool LeftNoTrace(const Asked& asked) const;
  void AskAllAgain();
  void CheckHistory() const;
  void CheckBooks() const;

  const Folder folder_;
  const std::string data_ = folder_ / "ledger";
  // Of everything together.
  const absl::Time deadline_ = absl::Now() + absl::Seconds(60);
  // To the server that serves at the time.
  std::shared_ptr<grpc::Channel> channel_;
  std::atomic<int> requests_ = 0;
  std::mutex mutex_;
  std::vector<Asked> asked_;
};

// Ada, who may spend kLimit.
void KillNine::MakeWorld() {
  const std::string olga = "operator-olga";
  Ask<v1::PublishTermsResponse, v1::PublishTermsRequest>(olga, "terms { document: DOCUMENT_TERMS version: '1' }");
  Ask<v1::PublishTermsResponse, v1::PublishTermsRequest>(olga, "terms { document: DOCUMENT_PRICING version: '1' }");
  Ask<v1::PublishActionCatalogueResponse, v1::PublishActionCatalogueRequest>(
      olga, "actions { name: 'run' gated: true category: 'compute' }");
  Ask<v1::RegisterUserResponse, v1::RegisterUserRequest>(
      "service-portal", "handle: 'ada' name: 'Ada' email: 'ada@example.org' currency: 'USD'");
  Ask<v1::SubmitAccountUpgradeResponse, v1::SubmitAccountUpgradeRequest>(
      "user-ada",
      "billing_account: 'user-ada' terms_version: '1' pricing_version: '1' contact { name: 'Grace' "
      "email: 'grace@example.org' postal_address: '1 Main St' phone: '+1 555 0100' }");
  const auto mails = Read<v1::ListMessagesResponse>(olga, v1::ListMessagesRequest());
  ASSERT_EQ(mails.messages_size(), 1);
  Ask<v1::ConfirmBillingResponse, v1::ConfirmBillingRequest>(
      "service-portal", absl::StrCat("token: '", mails.messages(0).link_token(), "'"));
  Ask<v1::SetSpendingLimitResponse, v1::SetSpendingLimitRequest>(
      olga, absl::StrCat("billing_account: 'user-ada' limit_micros: ", kLimit));
}

void Kill(Process& server) {
  server.Signal(SIGKILL);
  const Outcome end = server.Wait();
  EXPECT_EQ(end.code, -SIGKILL) << end.err;
}

// Kills a server that starts, as soon as it has made or removed a file in this part of its folder.
void KillNine::KillWhileItOpens(const std::string& part) const {
  const auto touched = [&] {
    std::error_code not_there;
    return std::filesystem::last_write_time(data_ + "/" + part, not_there);
  };
  const auto before = touched();
  Process server = Serve(data_);
  while (touched() == before && absl::Now() < deadline_) std::this_thread::yield();
  Kill(server);
}

// All callers at once; the one with the last of so many answers kills the server under the others.
void KillNine::KillAtWork(Process& server, int answers) {
  std::atomic<int> left = answers;
  const auto answered = [&] {
    if (--left == 0) server.Signal(SIGKILL);
  };
  std::vector<std::thread> callers(kCallers);
  for (std::thread& caller : callers) caller = std::thread([&] { Work(answered); });
  for (std::thread& caller : callers) caller.join();
  EXPECT_LE(left, 0);
  Kill(server);
}

// One caller, until the server is gone: of eight holds one stays open, three are released, four are captured in part.
void KillNine::Work(const std::function<void()>& answered) {
  const std::string action = absl::StrCat("action: 'run' user_id: 'user-ada' cost_micros: ", kHold);
  for (int i = 0;; ++i) {
    const auto placed = Ask<v1::PlaceHoldResponse, v1::PlaceHoldRequest>("service-portal",
                                                                         absl::StrCat("gated_action { ", action, " }"));
    if (!placed.has_value()) return;
    answered();
    if (!placed->decision().allowed() || i % 8 == 0) continue;
    EXPECT_GE(placed->decision().funds_micros(), 0) << "Never more than there is.";
    const std::string hold = absl::StrCat("hold_id: '", placed->hold().hold_id(), "'");
    if (i % 2 == 0) {
      if (!Ask<v1::ReleaseHoldResponse, v1::ReleaseHoldRequest>("service-portal", hold)) return;
    } else {
      const std::string capture = absl::StrCat(hold, " last: true amount_micros: ", kHold / 2 + i);
      if (!Ask<v1::CaptureHoldResponse, v1::CaptureHoldRequest>("service-portal", capture)) return;
    }
    answered();
  }
}

// Whether a hold was denied like one shortly before: nothing was written then, and asked again it is decided anew.
bool KillNine::LeftNoTrace(const Asked& asked) const {
  const auto* placed = dynamic_cast<const v1::PlaceHoldResponse*>(asked.answer.get());
  if (placed == nullptr || placed->decision().allowed()) return false;
  v1::ListEntriesRequest recorded;
  recorded.set_from_position(asked.position());
  recorded.set_page_size(1);
  const auto page = As("finance-fay").Call<v1::ListEntriesResponse>(recorded, deadline_);
  EXPECT_TRUE(page.ok() && page->entries_size() == 1) << page.status();
  return page.ok() && page->entries(0).request_id() != asked.request_id;
}

// What was answered has the same answer again; what was not has one from now on.
void KillNine::AskAllAgain() {
  asked_.erase(std::remove_if(asked_.begin(), asked_.end(), [&](const Asked& asked) { return LeftNoTrace(asked); }),
               asked_.end());
  for (Asked& asked : asked_) {
    const google::protobuf::MethodDescriptor& method = *MethodOf(*asked.request->GetDescriptor());
    for (int times = asked.answer == nullptr ? 2 : 1; times > 0; --times) {
      auto answer = As(asked.principal).Call(method, *asked.request, deadline_);
      ASSERT_TRUE(answer.ok()) << answer.status() << asked.request->DebugString();
      if (asked.answer == nullptr)
        asked.answer = *std::move(answer);
      else
        ASSERT_EQ((*answer)->DebugString(), asked.answer->DebugString());
      if (LeftNoTrace(asked)) break;
    }
  }
  asked_.erase(std::remove_if(asked_.begin(), asked_.end(), [&](const Asked& asked) { return LeftNoTrace(asked); }),
               asked_.end());
}

// The log holds everything that was asked, once, where the answers say, and nothing else.
void KillNine::CheckHistory() const {
  std::vector<std::string> expected(asked_.size());
  for (const Asked& asked : asked_) expected.at(asked.position() - 1) = asked.request_id;
  std::vector<std::string> found;
  v1::ListEntriesRequest list;
  list.set_page_size(1'000);
  do {
    const auto page = Read<v1::ListEntriesResponse>("finance-fay", list);
    for (const v1::Entry& entry : page.entries()) {
      ASSERT_EQ(entry.position(), found.size() + 1) << "No gaps.";
      found.push_back(entry.request_id());
    }
    list.set_page_token(page.next_page_token());
  } while (!list.page_token().empty());
  EXPECT_EQ(found, expected);
}

// What was granted is what there is to spend, is held and was charged, as the answers say.
void KillNine::CheckBooks() const {
  int64_t held = 0;
  int64_t charged = 0;
  for (const Asked& asked : asked_) {
    if (const auto* placed = dynamic_cast<const v1::PlaceHoldResponse*>(asked.answer.get())) {
      held += placed->hold().held_micros();
    } else if (const auto* released = dynamic_cast<const v1::ReleaseHoldResponse*>(asked.answer.get())) {
      held -= released->returned_micros();
    } else if (const auto* captured = dynamic_cast<const v1::CaptureHoldResponse*>(asked.answer.get())) {
      charged += captured->charge().amount_micros();
      held -= kHold;
    }
  }
  v1::GetBalanceRequest ask;
  ask.set_billing_account("user-ada");
  const v1::Balance balance = Read<v1::GetBalanceResponse>("finance-fay", ask).balance();
  EXPECT_EQ(balance.held_micros(), held);
  EXPECT_EQ(balance.charged_micros(), charged);
  EXPECT_EQ(balance.funds_micros(), kLimit - held - charged);
  EXPECT_GE(balance.funds_micros(), 0) << "Never more than there is.";
  const auto trial = Read<v1::GetTrialBalanceResponse>("finance-fay", v1::GetTrialBalanceRequest());
  for (const auto& total : trial.totals()) EXPECT_EQ(total.debit_micros(), total.credit_micros());
}

TEST_F(KillNine, LosesNothingThatWasAnswered) {
  for (const int answers : kAnswers) {
    KillWhileItOpens("log");
    KillWhileItOpens("projections");
    Process server = Serve(data_);
    channel_ = NewChannel(AddressIn(server.ReadLine()));
    if (asked_.empty()) MakeWorld();
    KillAtWork(server, answers);

    Process again = Serve(data_);
    channel_ = NewChannel(AddressIn(again.ReadLine()));
    AskAllAgain();
    if (HasFailure()) return;
    CheckHistory();
    CheckBooks();
    if (HasFailure()) return;
    Kill(again);
  }
}

}  // namespace
}  // namespace bursar
