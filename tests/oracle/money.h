// What can be spent, where it is drawn from, and what things cost.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "tests/oracle/world.h"

namespace bursar::oracle {

// For any action where it is empty.
Wide Funds(const Account& account, const std::string& action, absl::Time now);
// What holds have set aside, of credits and of the limit.
Wide Held(const Account& account);
Wide Owed(const Account& account);

// Lots of credits in the order in which they burn.
std::vector<size_t> BurnOrder(const Account& account);

// Where so much would be drawn from for an action, credits first; what is left is the limit's. Empty for usage of no
// action, for which only credits without restriction pay.
std::vector<Piece> Draw(const Account& account, Wide amount, const std::string& action, absl::Time now);

// Takes the first of `pieces`, up to `amount`, out of them.
std::vector<Piece> TakeFirst(std::vector<Piece>& pieces, Wide amount);

void PutAll(Account& account, const std::vector<Piece>& pieces, Pot from, Pot to);

// Gives pieces back from `from` to where they may be spent, or to where the rest of their credit has gone.
void GiveBack(Account& account, const std::vector<Piece>& pieces, Pot from, absl::Time now);

using Parts = google::protobuf::RepeatedPtrField<v1::Part>;
void Show(const Account& account, const std::vector<Piece>& pieces, Parts& parts);
// The same for what is given back.
void ShowReturned(const Account& account, const std::vector<Piece>& pieces, absl::Time now, Parts& parts);

// quantity * price / per, half to even; the remainder of what was priced before by the same divisor goes in and comes
// out. nullopt where it is more than an account may have.
std::optional<int64_t> Price(int64_t quantity, const v1::Price& price, Wide& remainder);

// The calendar day, week or month of a zone; everything for a lifetime.
void SetWindow(v1::Budget::Period period, const std::string& zone, absl::Time now, absl::Time& start, absl::Time& end);
bool IsZone(const std::string& zone);

// Notes how far funds are used, after an entry that concerns the account; `rose` where it granted, paid or allowed
// more.
void Notice(Account& account, bool rose, Wide funds_before, absl::Time now);

v1::Credit ShowCredit(const Account& account, size_t lot, const Sums& sums);

int64_t Narrow(Wide wide);

}  // namespace bursar::oracle
