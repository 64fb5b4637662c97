// Histories made by hand, each wrong in one way: every checker has to say so, and to say nothing of the right one.
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "bursar/v1/gate.pb.h"
#include "bursar/v1/limit.pb.h"
#include "gmock/gmock.h"
#include "google/protobuf/text_format.h"
#include "google/rpc/error_details.pb.h"
#include "gtest/gtest.h"
#include "tests/nemesis/account_steps.h"
#include "tests/nemesis/books.h"
#include "tests/nemesis/exactly_once.h"
#include "tests/nemesis/real_time.h"
#include "tests/nemesis/receipts.h"
#include "tests/nemesis/uninvited.h"

namespace bursar::nemesis {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

template <class Type>
std::shared_ptr<Type> Parse(const std::string& text) {
  auto message = std::make_shared<Type>();
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, message.get())) << text;
  return message;
}

absl::Status Refusal(const std::string& reason) {
  google::rpc::ErrorInfo info;
  info.set_reason(reason);
  absl::Status status = absl::FailedPreconditionError("no");
  status.SetPayload("type.googleapis.com/google.rpc.ErrorInfo", absl::Cord(info.SerializeAsString()));
  return status;
}

// A limit of 100; hold-2 takes 60 of it; a balance is read; and client 2 is denied 60.
class Checkers : public testing::Test {
 protected:
  Checkers() {
    Answered<v1::SetSpendingLimitRequest, v1::SetSpendingLimitResponse>(
        10, 20, "request_id: 'limit' billing_account: 'user-ada' limit_micros: 100",
        "billing_account: 'user-ada' limit_micros: 100 funds_micros: 100 position: 1");
    Answered<v1::PlaceHoldRequest, v1::PlaceHoldResponse>(
        30, 40, HoldOf60("hold"),
        "decision { allowed: true billing_account: 'user-ada' funds_micros: 40 position: 2 } "
        "hold { hold_id: 'hold-2' billing_account: 'user-ada' held_micros: 60 } position: 2");
    Answered<v1::GetBalanceRequest, v1::GetBalanceResponse>(
        50, 60, "billing_account: 'user-ada'",
        "balance { billing_account: 'user-ada' funds_micros: 40 limit_micros: 100 held_micros: 60 position: 2 }");
    Answered<v1::PlaceHoldRequest, v1::PlaceHoldResponse>(
        70, 80, HoldOf60("denied"),
        "decision { billing_account: 'user-ada' position: 3 bindings { available_micros: 40 } } position: 3");
    Answered<v1::GetHeadRequest, v1::GetHeadResponse>(90, 95, "",
                                                      "position: 3 block_first: 2 block_last: 3 block_hash: 'ab'");
    Logged("limit",
           "type: 'SpendingLimitSet' attributes { name: 'billing_account' value: 'user-ada' } "
           "attributes { name: 'limit_micros' value: '100' }");
    Logged("hold",
           "type: 'HoldPlaced' attributes { name: 'billing_account' value: 'user-ada' } "
           "attributes { name: 'hold' value: 'hold-2' } "
           "attributes { name: 'parts[0].amount_micros' value: '60' } "
           "attributes { name: 'funds_after_micros' value: '40' }");
    Logged("denied",
           "type: 'ActionDenied' attributes { name: 'billing_account' value: 'user-ada' } "
           "attributes { name: 'cost_micros' value: '60' } "
           "attributes { name: 'bindings[0].reason' value: 'SPENDING_LIMIT_EXCEEDED' } "
           "attributes { name: 'bindings[0].available_micros' value: '40' }");
    log_.receipts[3] = *Parse<v1::GetHeadResponse>("position: 3 block_first: 2 block_last: 3 block_hash: 'ab'");
  }

  static std::string HoldOf60(const std::string& id) {
    return absl::StrCat("request_id: '", id, "' gated_action { action: 'run' user_id: 'user-ada' cost_micros: 60 }");
  }

  template <class Request, class Response>
  Call& Answered(int64_t invoked, int64_t returned, const std::string& request, const std::string& answer) {
    calls_.push_back({.client = 1,
                      .principal = "service-portal",
                      .request = Parse<Request>(request),
                      .invoked = invoked,
                      .returned = returned,
                      .outcome = Outcome::kAnswered,
                      .answer = Parse<Response>(answer),
                      .error = absl::OkStatus()});
    return calls_.back();
  }

  template <class Request>
  Call& Unanswered(int64_t invoked, const std::string& request, const absl::Status& error) {
    calls_.push_back({.client = 1,
                      .principal = "service-portal",
                      .request = Parse<Request>(request),
                      .invoked = invoked,
                      .returned = invoked + 1,
                      .outcome = ReasonOf(error).empty() ? Outcome::kUnknown : Outcome::kRefused,
                      .answer = nullptr,
                      .error = error});
    return calls_.back();
  }

  v1::Entry& Logged(const std::string& request_id, const std::string& event) {
    v1::Entry& entry = log_.entries.emplace_back();
    entry.set_position(log_.entries.size());
    entry.set_principal("service-portal");
    entry.set_request_id(request_id);
    *entry.add_events() = *Parse<v1::Event>(event);
    return entry;
  }

  Findings InBooks() const {
    Findings findings;
    const Books books(log_.entries, findings);
    for (const std::string& finding : CheckAnswers(calls_, log_, books)) findings.push_back(finding);
    return findings;
  }
  Findings InOrder() const { return CheckLinearizable(calls_, 1, absl::Seconds(10)); }

  // For a request whose answer is to be another.
  template <class Response>
  void AnswerInstead(size_t call, const std::string& answer) {
    calls_[call].answer = Parse<Response>(answer);
  }
  void SetAttribute(size_t entry, int attribute, const std::string& value) {
    log_.entries[entry].mutable_events(0)->mutable_attributes(attribute)->set_value(value);
  }

  std::vector<Call> calls_;
  FinalLog log_;
};

TEST_F(Checkers, FindNothingWhereNothingIsWrong) {
  Unanswered<v1::PlaceHoldRequest>(100, HoldOf60("lost"), absl::UnavailableError("gone"));
  Unanswered<v1::ReleaseHoldRequest>(110, "request_id: 'no' hold_id: 'hold-9'", Refusal("HOLD_NOT_OPEN"));
  EXPECT_THAT(CheckExactlyOnce(calls_, log_), IsEmpty());
  EXPECT_THAT(CheckSameAnswers(calls_, log_), IsEmpty());
  EXPECT_THAT(CheckRealTime(calls_, log_), IsEmpty());
  EXPECT_THAT(CheckReceipts(calls_, log_), IsEmpty());
  EXPECT_THAT(CheckUninvited(calls_), IsEmpty());
  EXPECT_THAT(InBooks(), IsEmpty());
  EXPECT_THAT(InOrder(), IsEmpty());
}

TEST_F(Checkers, FindAnAnsweredEntryThatIsLost) {
  log_.entries.pop_back();
  EXPECT_THAT(CheckExactlyOnce(calls_, log_), ElementsAre(HasSubstr("denied was answered as entry 3")));
}

TEST_F(Checkers, FindAnEntryThatIsThereTwice) {
  log_.entries.push_back(log_.entries[1]);
  log_.entries.back().set_position(4);
  EXPECT_THAT(CheckExactlyOnce(calls_, log_), ElementsAre(HasSubstr("hold is in the log 2 times")));
}

TEST_F(Checkers, FindAnUnansweredRequestThatHappenedTwice) {
  Unanswered<v1::PlaceHoldRequest>(100, HoldOf60("lost"), absl::UnavailableError("gone"));
  Logged("lost", "type: 'HoldPlaced'");
  EXPECT_THAT(CheckExactlyOnce(calls_, log_), IsEmpty());
  Logged("lost", "type: 'HoldPlaced'");
  EXPECT_THAT(CheckExactlyOnce(calls_, log_), SizeIs(1));
}

TEST_F(Checkers, FindARefusedRequestThatHappened) {
  Unanswered<v1::PlaceHoldRequest>(100, HoldOf60("refused"), Refusal("ACTION_IS_FREE"));
  Logged("refused", "type: 'HoldPlaced'");
  EXPECT_THAT(CheckExactlyOnce(calls_, log_), SizeIs(1));
}

TEST_F(Checkers, FindAnEntryThatNobodyAskedFor) {
  Logged("unasked", "type: 'HoldPlaced'");
  EXPECT_THAT(CheckExactlyOnce(calls_, log_), ElementsAre(HasSubstr("asked for by nobody")));
}

TEST_F(Checkers, FindAnEntryOfAnotherCaller) {
  log_.entries[1].set_principal("service-other");
  EXPECT_THAT(CheckExactlyOnce(calls_, log_), SizeIs(1));
}

TEST_F(Checkers, FindAGapAndTimeThatGoesBack) {
  log_.entries[0].mutable_commit_time()->set_seconds(5);
  EXPECT_THAT(CheckExactlyOnce(calls_, log_), ElementsAre(HasSubstr("older")));
  log_.entries[0].clear_commit_time();
  log_.entries[2].set_position(4);
  EXPECT_THAT(CheckExactlyOnce(calls_, log_), testing::Contains(HasSubstr("calls itself 4")));
}

TEST_F(Checkers, FindTwoAnswersToOneRequest) {
  Answered<v1::PlaceHoldRequest, v1::PlaceHoldResponse>(
      100, 110, HoldOf60("hold"), "decision { allowed: true funds_micros: 41 position: 2 } position: 2");
  EXPECT_THAT(CheckSameAnswers(calls_, log_), ElementsAre(HasSubstr("in two ways")));
}

TEST_F(Checkers, FindAWriteBeforeOneThatWasAnsweredEarlier) {
  AnswerInstead<v1::SetSpendingLimitResponse>(0, "position: 2");
  AnswerInstead<v1::PlaceHoldResponse>(1, "decision { allowed: true position: 1 } position: 1");
  EXPECT_THAT(CheckRealTime(calls_, log_), ElementsAre(HasSubstr("hold stands at position 1")));
}

TEST_F(Checkers, FindAReadOfWhatWasBefore) {
  AnswerInstead<v1::GetBalanceResponse>(2, "balance { billing_account: 'user-ada' position: 1 }");
  EXPECT_THAT(CheckRealTime(calls_, log_), ElementsAre(HasSubstr("GetBalanceRequest")));
}

TEST_F(Checkers, FindAReceiptThatTheLogDoesNotHave) {
  log_.receipts[3].set_block_hash("cd");
  EXPECT_THAT(CheckReceipts(calls_, log_), SizeIs(1));
  log_.receipts.clear();
  EXPECT_THAT(CheckReceipts(calls_, log_), ElementsAre(HasSubstr("none there")));
}

TEST_F(Checkers, FindWhomeverWasLetInWithoutRight) {
  calls_[0].principal = kUninvited;
  EXPECT_THAT(CheckUninvited(calls_), SizeIs(1));
  calls_[0].outcome = Outcome::kRefused;
  calls_[0].error = Refusal("BILLING_ACCOUNT_NOT_FOUND");
  EXPECT_THAT(CheckUninvited(calls_), SizeIs(1));
  calls_[0].error = Refusal("PERMISSION_DENIED");
  EXPECT_THAT(CheckUninvited(calls_), IsEmpty());
}

TEST_F(Checkers, FindMoneyAdmittedThatIsNotThere) {
  Logged("more",
         "type: 'HoldPlaced' attributes { name: 'billing_account' value: 'user-ada' } "
         "attributes { name: 'hold' value: 'hold-4' } "
         "attributes { name: 'parts[0].amount_micros' value: '41' }");
  EXPECT_THAT(InBooks(), ElementsAre(HasSubstr("admits 41 to hold-4 where there are funds of 40")));
}

TEST_F(Checkers, FindADenialOfWhatThereWas) {
  SetAttribute(2, 1, "40");
  EXPECT_THAT(InBooks(), ElementsAre(HasSubstr("denies 40")));
}

TEST_F(Checkers, FindAHoldThatIsReleasedTwice) {
  for (const char* id : {"release", "again"}) {
    Logged(id,
           "type: 'HoldReleased' attributes { name: 'billing_account' value: 'user-ada' } "
           "attributes { name: 'hold' value: 'hold-2' } "
           "attributes { name: 'returned[0].amount_micros' value: '60' }");
  }
  EXPECT_THAT(InBooks(), ElementsAre(HasSubstr("hold-2, which is not open")));
}

TEST_F(Checkers, FindANumberThatIsNotInTheBooks) {
  AnswerInstead<v1::GetBalanceResponse>(
      2, "balance { billing_account: 'user-ada' funds_micros: 41 limit_micros: 100 held_micros: 60 position: 2 }");
  EXPECT_THAT(InBooks(), ElementsAre(HasSubstr("funds of 41")));
}

TEST_F(Checkers, FindSumsThatAreNotZero) {
  v1::GetTrialBalanceResponse trial;
  auto& total = *trial.add_totals();
  total.set_currency("USD");
  total.set_debit_micros(1);
  EXPECT_THAT(CheckSums(trial), SizeIs(1));
  total.set_credit_micros(1);
  EXPECT_THAT(CheckSums(trial), IsEmpty());
}

TEST_F(Checkers, FindAnAccountWithoutAnOrderThatFits) {
  AnswerInstead<v1::GetBalanceResponse>(
      2, "balance { billing_account: 'user-ada' funds_micros: 100 limit_micros: 100 position: 2 }");
  EXPECT_THAT(InOrder(), ElementsAre(HasSubstr("have no order that fits")));
}

TEST_F(Checkers, FindAnUnansweredHoldThatCostTwice) {
  Unanswered<v1::PlaceHoldRequest>(
      100, "request_id: 'lost' gated_action { action: 'run' user_id: 'user-ada' cost_micros: 10 }",
      absl::UnavailableError("gone"));
  const std::string account = "billing_account: 'user-ada'";
  Answered<v1::GetBalanceRequest, v1::GetBalanceResponse>(
      110, 120, account,
      "balance { billing_account: 'user-ada' funds_micros: 30 limit_micros: 100 held_micros: 70 position: 4 }");
  EXPECT_THAT(InOrder(), IsEmpty());
  Answered<v1::GetBalanceRequest, v1::GetBalanceResponse>(
      130, 140, account,
      "balance { billing_account: 'user-ada' funds_micros: 20 limit_micros: 100 held_micros: 80 position: 5 }");
  EXPECT_THAT(InOrder(), SizeIs(1));
}

}  // namespace
}  // namespace bursar::nemesis
