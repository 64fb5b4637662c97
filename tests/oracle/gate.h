// May something go ahead, and who else pays for it.
#pragma once

#include <string>
#include <vector>

#include "tests/oracle/ask.h"

namespace bursar::oracle {

// What a sponsor pays of a cost.
struct Share {
  Wide micros = 0;
  std::string sponsorship;
  std::string sponsor;
  absl::Time month_start;
  absl::Time month_end;
};

// Of an action, or of a SKU where the action is empty, at the time at which it happens.
Share ShareOf(World& world, Wide cost, const std::string& user, const std::string& payer, const std::string& action,
              const std::string& sku, absl::Time when, absl::Time now);
void CountShare(World& world, const std::string& sponsorship, const std::string& payer, absl::Time start,
                absl::Time end, Wide used, Wide held);

struct Question {
  std::string user;
  std::string project;
  std::string action;
  std::string category;
  std::string payer;
  Wide cost = 0;
  // Whether money is to be set aside.
  bool holds = false;
  // Of the run, 0 for none, and what of it is used already.
  Wide cost_limit = 0;
  Wide cost_so_far = 0;
  // Of a hold that is extended: it was allowed to start before, and has its sponsor.
  const Hold* extended = nullptr;
};

struct Ruling {
  std::vector<v1::Binding> bindings;
  bool hidden = false;
  // Whether the payer is none of the user's, so that nothing is said about it.
  bool foreign = false;
  Share share;
  std::vector<uint64_t> budgets;
};

const v1::CatalogueAction* FindAction(const World& world, const std::string& action, absl::Time now);
// The account that pays: who is named, else the project's payer, else the user's default.
std::string PayerOf(World& world, const std::string& bill_to, const std::string& project, const std::string& user);

Ruling Rule(World& world, const Question& question, absl::Time now);

// The decision of an allowed or denied question; a denial goes on record where none like it did within a minute.
v1::Decision Deny(World& world, const Question& question, const Ruling& ruling, const Asked& asked,
                  const v1::Decision& seen, bool records, bool& recorded);

struct Asking {
  std::optional<Answer> refused;
  Question question;
  bool gated = false;
  bool free = false;
  // Whether somebody is named as they were before a merger.
  bool names_merged = false;
};
// What the messages of the gate have in common, with its refusals.
Asking Read(World& world, const Asked& asked, const v1::GatedAction& action);

}  // namespace bursar::oracle
