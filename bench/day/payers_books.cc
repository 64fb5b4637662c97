#include "bench/day/payers_books.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "bench/day/text.h"
#include "bench/day/times.h"
#include "bursar/v1/finance.pb.h"

namespace bursar::day {
namespace {

constexpr int kMostGroups = 10'000;
constexpr size_t kMostPayers = 500;

// Counts what was compared, and keeps the first that differs.
struct Counting {
  int64_t same = 0;
  int64_t wrong = 0;
  std::string first;

  void Same(bool is, const std::string& what) {
    ++(is ? same : wrong);
    if (!is && first.empty()) first = what;
  }
  Finding Of(const std::string& what) const {
    std::string sentence = absl::StrCat(what, ": ", Count(same + wrong));
    if (wrong > 0) absl::StrAppend(&sentence, "; ", Count(wrong), " differ, ", first, " first");
    return {wrong == 0 && same > 0, sentence};
  }
};

int64_t SumOf(const v1::ListSpendingResponse& spending) {
  int64_t sum = spending.others().amount_micros();
  for (const v1::SpendingGroup& group : spending.groups()) sum += group.amount_micros();
  return sum;
}

int64_t SumOf(const google::protobuf::RepeatedPtrField<v1::SpendingGroup>& groups) {
  int64_t sum = 0;
  for (const v1::SpendingGroup& group : groups) sum += group.amount_micros();
  return sum;
}

// Asks for the account's spending, grouped, and compares its sum with what was charged by the answers.
void CompareSpending(Stage& stage, Payer payer, v1::ListSpendingRequest::GroupBy group_by, uint64_t position,
                     int64_t charged, Counting& counting) {
  v1::ListSpendingRequest request;
  request.set_billing_account(stage.population.AccountId(payer));
  request.set_group_by(group_by);
  request.set_page_size(kMostGroups);
  request.set_to_position(position);
  request.set_min_position(position);
  stage.traffic.Call<v1::ListSpendingResponse>(
      kFinance, request, [&stage, &counting, charged, account = request.billing_account()](const auto& answer) {
        const auto* spending = stage.Expect("ListSpending", answer);
        if (spending == nullptr) return;
        counting.Same(SumOf(*spending) == charged && spending->total().amount_micros() == charged, account);
      });
}

class SampleBooks {
 public:
  explicit SampleBooks(Stage& stage) : stage_(stage) {}

  void Compare(const Sample& sample) {
    CompareTrialBalance(sample);
    for (const auto& [payer, account] : sample.accounts) {
      for (const auto group_by : {v1::ListSpendingRequest::GROUP_BY_PROJECT, v1::ListSpendingRequest::GROUP_BY_MEMBER,
                                  v1::ListSpendingRequest::GROUP_BY_SKU}) {
        CompareSpending(stage_, payer, group_by, sample.position, account.charged, spending_);
      }
      CompareBalance(sample.position, payer, account);
      CompareAccountsBooks(sample.position, payer, account);
      // Reads of the past are dear, and asked for one account at a time.
      stage_.traffic.Drain();
    }
  }

  std::vector<Finding> Found(size_t samples) const {
    const std::string at = absl::StrCat(" at ", Count(static_cast<int64_t>(samples)), " positions of the day");
    return {trial_.Of(absl::StrCat("trial balances of zero, with revenue and cash as answered,", at)),
            spending_.Of(absl::StrCat("sums over projects, members and SKUs of sampled accounts", at)),
            balances_.Of(absl::StrCat("charges, holds, limit and funds of sampled accounts", at)),
            books_.Of(absl::StrCat("revenue and receivables of sampled accounts", at))};
  }

 private:
  void CompareTrialBalance(const Sample& sample) {
    v1::GetTrialBalanceRequest request;
    request.set_at_position(sample.position);
    request.set_min_position(sample.position);
    stage_.traffic.Call<v1::GetTrialBalanceResponse>(kFinance, request, [this, &sample](const auto& answer) {
      const auto* balance = stage_.Expect("GetTrialBalance", answer);
      if (balance == nullptr) return;
      for (const v1::TrialBalanceTotal& total : balance->totals()) {
        trial_.Same(total.debit_micros() == total.credit_micros(), ClockText(sample.second));
      }
      Amounts charged;
      Amounts paid;
      for (const v1::TrialBalanceLine& line : balance->lines()) {
        const int64_t debit = line.debit_micros() - line.credit_micros();
        if (line.book_account() == "revenue") charged[line.currency()] -= debit;
        if (line.book_account() == "cash") paid[line.currency()] += debit;
      }
      trial_.Same(charged == sample.charged && paid == sample.paid, ClockText(sample.second));
    });
    stage_.traffic.Drain();
  }

  void CompareBalance(uint64_t position, Payer payer, const AccountTally& account) {
    v1::GetBalanceRequest request;
    request.set_billing_account(stage_.population.AccountId(payer));
    request.set_at_position(position);
    stage_.traffic.Call<v1::GetBalanceResponse>(
        kFinance, request, [this, &account, id = request.billing_account()](const auto& answer) {
          const auto* read = stage_.Expect("GetBalance", answer);
          if (read == nullptr) return;
          const v1::Balance& balance = read->balance();
          balances_.Same(balance.charged_micros() == account.charged && balance.held_micros() == account.held &&
                             balance.limit_micros() == account.limit && balance.funds_micros() == account.funds(),
                         id);
        });
  }

  void CompareAccountsBooks(uint64_t position, Payer payer, const AccountTally& account) {
    v1::ListBookBalancesRequest request;
    request.set_billing_account(stage_.population.AccountId(payer));
    request.set_at_position(position);
    stage_.traffic.Call<v1::ListBookBalancesResponse>(
        kFinance, request, [this, &account, id = request.billing_account()](const auto& answer) {
          const auto* books = stage_.Expect("ListBookBalances", answer);
          if (books == nullptr) return;
          int64_t revenue = 0;
          int64_t net = 0;
          for (const v1::BookBalance& balance : books->balances()) {
            if (balance.book_account() == "revenue") revenue -= balance.balance_micros();
            if (balance.book_account() == "receivables" || balance.book_account() == "customer_credits") {
              net -= balance.balance_micros();
            }
          }
          // What it has less what it owes is its funds without the limit and without what is held.
          books_.Same(revenue == account.charged && net == account.funds() - account.limit + account.held, id);
        });
  }

  Stage& stage_;
  Counting trial_;
  Counting spending_;
  Counting balances_;
  Counting books_;
};

bool AddsUp(const v1::Statement& statement) {
  const int64_t closing = statement.opening().net_micros() - statement.charges_micros() -
                          statement.adjustments_micros() + statement.payments_micros() +
                          statement.credits_granted_micros() - statement.credits_expired_micros() -
                          statement.credits_revoked_micros() + statement.other_micros();
  return closing == statement.closing().net_micros() && SumOf(statement.by_project()) == statement.charges_micros() &&
         SumOf(statement.by_member()) == statement.charges_micros() &&
         SumOf(statement.by_category()) == statement.charges_micros();
}

bool IsOf(const v1::Statement& statement, const AccountTally& account) {
  return statement.charges_micros() + statement.adjustments_micros() == account.charged &&
         statement.payments_micros() == account.paid && statement.closing().held_micros() == account.held &&
         statement.closing().funds_micros() == account.funds();
}

void CompareStatement(Stage& stage, Payer payer, Counting& counting) {
  v1::GetStatementRequest request;
  request.set_billing_account(stage.population.AccountId(payer));
  request.set_min_position(stage.last_position);
  request.set_month(absl::FormatTime("%Y-%m", stage.begins, absl::UTCTimeZone()));
  stage.traffic.Call<v1::GetStatementResponse>(
      kFinance, request, [&stage, &counting, payer, id = request.billing_account()](const auto& answer) {
        const auto* read = stage.Expect("GetStatement", answer);
        if (read == nullptr) return;
        counting.Same(AddsUp(read->statement()) && IsOf(read->statement(), stage.tally.accounts[payer]), id);
      });
}

// Of those whose billing is set up and who are still there.
std::vector<Payer> Compared(const Stage& stage) {
  std::vector<Payer> all;
  for (Payer payer = 0; payer < stage.population.payers(); ++payer) {
    if (!stage.tally.accounts[payer].merged && stage.population.IsSetUp(payer)) all.push_back(payer);
  }
  std::vector<Payer> some;
  const size_t every = all.size() / kMostPayers + 1;
  for (size_t i = 0; i < all.size(); i += every) some.push_back(all[i]);
  return some;
}

}  // namespace

std::vector<Finding> CompareSamples(Stage& stage, const std::vector<Sample>& samples) {
  SampleBooks books(stage);
  for (const Sample& sample : samples) books.Compare(sample);
  return books.Found(samples.size());
}

std::vector<Finding> ComparePayers(Stage& stage) {
  Counting spending;
  Counting statements;
  for (const Payer payer : Compared(stage)) {
    stage.traffic.Queue(std::nullopt, [&stage, &spending, &statements, payer](const Turn&) {
      const int64_t charged = stage.tally.accounts[payer].charged;
      for (const auto group_by :
           {v1::ListSpendingRequest::GROUP_BY_PROJECT, v1::ListSpendingRequest::GROUP_BY_MEMBER}) {
        if (charged != 0) CompareSpending(stage, payer, group_by, stage.last_position, charged, spending);
      }
      CompareStatement(stage, payer, statements);
    });
    stage.traffic.WaitForRoom();
  }
  stage.traffic.Drain();
  return {
      spending.Of("sums over projects and over members, of accounts that spent"),
      statements.Of("statements of the month whose movements lead from opening to closing, and to funds as answered")};
}

}  // namespace bursar::day
