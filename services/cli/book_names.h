// How the books' accounts are called in the journals of other programs, all of which want capitalised words of letters,
// digits and dashes between colons: "Assets:Receivables:UserAda".
#pragma once

#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "bursar/v1/finance.pb.h"

namespace bursar::cli {

// "user-ada.l" as "UserAdaDotl": the handle's first letter is a capital, "Dot" and "Under" stand for '.' and '_'. As
// handles have no capitals, every id has a word of its own, and no word stands for two.
std::string WordOfBillingAccount(const std::string& billing_account);
// nullopt where no id has this word.
std::optional<std::string> BillingAccountOfWord(absl::string_view word);

// "Liabilities:Customer-Credits" for "customer_credits".
std::string NameOfBook(v1::BookClass book_class, const std::string& book_account);
// The same with the billing account's word.
std::string NameOfBook(v1::BookClass book_class, const std::string& book_account, const std::string& billing_account);

}  // namespace bursar::cli
