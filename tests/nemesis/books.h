// The accounts as they follow from the exported log, worked out without the product's own rules: only for worlds in
// which credits and limits are granted, and money is held, captured, released and used.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "bursar/v1/finance.pb.h"
#include "tests/nemesis/asked.h"

namespace bursar::nemesis {

// How an account stands, in micros.
struct Standing {
  int64_t granted = 0;
  int64_t limit = 0;
  int64_t charged = 0;
  int64_t held = 0;

  int64_t funds() const { return granted + limit - charged - held; }
};

class Books {
 public:
  // Finds what was admitted beyond the funds, numbers that do not add up, and kinds of event that it does not know.
  Books(const std::vector<v1::Entry>& entries, Findings& findings);

  // Right after the entry at this position.
  Standing At(const std::string& account, Position position) const;

 private:
  struct Reader;
  std::map<std::string, std::map<Position, Standing>> standings_;
};

// Every number in an answer is that of the books at the position that the answer names.
Findings CheckAnswers(const std::vector<Call>& calls, const FinalLog& log, const Books& books);

// What was debited was credited, in every currency.
Findings CheckSums(const v1::GetTrialBalanceResponse& trial);

}  // namespace bursar::nemesis
