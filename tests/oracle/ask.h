// One request as the model sees it, and what the model answers.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bursar/v1/errors.pb.h"
#include "google/protobuf/message.h"
#include "tests/oracle/oracle.h"
#include "tests/oracle/world.h"

namespace bursar::oracle {

enum class Role { kAnyone, kUser, kService, kOperator, kFinance, kSupport };

struct Asked {
  Role role = Role::kAnyone;
  // As in "operator-olga".
  std::string principal;
  // The user who asks, by its present name; empty where the caller is none.
  std::string person;
  absl::Time now;
  // Of the entry that answers it, where one is written; of the state it is read from otherwise.
  uint64_t position = 0;
  // What was in fact answered; null where it was refused. Only for what nobody could work out, as words.
  const google::protobuf::Message* seen = nullptr;

  template <class Response>
  const Response& Seen() const {
    return seen == nullptr ? Response::default_instance() : static_cast<const Response&>(*seen);
  }
};

struct Answer {
  // Any of these would be right; empty where it is answered.
  std::vector<v1::ErrorReason> refusals;
  std::shared_ptr<google::protobuf::Message> response;
  // Whether an entry is written for it.
  bool written = true;
  // Where the oracle does not say.
  bool unknown = false;
};

Answer Refuse(v1::ErrorReason reason);
Answer NoOpinion();

template <class Response>
Answer Give(Response response) {
  return {.response = std::make_shared<Response>(std::move(response))};
}
// Without an entry.
template <class Response>
Answer Tell(Response response) {
  return {.response = std::make_shared<Response>(std::move(response)), .written = false};
}

using Handler = std::function<Answer(World& world, const Asked& asked, const google::protobuf::Message& request)>;
// By the type of the request.
using Handlers = std::map<const google::protobuf::Descriptor*, Handler>;

template <class Request>
void On(Handlers& handlers, Answer (*answer)(World&, const Asked&, const Request&)) {
  handlers[Request::descriptor()] = [answer](World& world, const Asked& asked,
                                             const google::protobuf::Message& request) {
    return answer(world, asked, static_cast<const Request&>(request));
  };
}

// Each adds the methods of one topic. A handler changes the world only where it does not refuse.
void AddPeople(Handlers& handlers);
void AddMembers(Handlers& handlers);
void AddProjects(Handlers& handlers);
void AddMerging(Handlers& handlers);
void AddSetup(Handlers& handlers);
void AddCredits(Handlers& handlers);
void AddLimits(Handlers& handlers);
void AddBudgets(Handlers& handlers);
void AddGate(Handlers& handlers);
void AddHolds(Handlers& handlers);
void AddUsage(Handlers& handlers);
void AddReversals(Handlers& handlers);
void AddPolicy(Handlers& handlers);
void AddReading(Handlers& handlers);

// Who may what
// -----------------------------------------------------------------------------------------------------------

bool IsStaff(const Asked& asked);
// The owner, or an admin of the organization.
bool AnswersFor(World& world, const std::string& user, const std::string& account);
// The owner, or a member who may bill to the organization.
bool BillsTo(World& world, const std::string& user, const std::string& account);
bool SeesCosts(World& world, const std::string& user, const std::string& account);
bool MayReadAccount(World& world, const Asked& asked, const std::string& account);
// For its owner, for those who may see its payer's account, and for staff.
bool SeesProject(World& world, const Asked& asked, const std::string& id);
// A user that has closed its account asks.
bool IsClosed(World& world, const Asked& asked);

// The user that a request is about: who is named, else who asks; a refusal where nobody is, or where a user names
// another one.
std::optional<Answer> FindSubject(World& world, const Asked& asked, const std::string& named, std::string& subject);

// What others share
// --------------------------------------------------------------------------------------------------------

// Whether work may be billed to the account at all: its contact has confirmed, or its owner is an employee.
bool IsSetUp(World& world, const std::string& account);
// Whether the user loses what it had by organizations that it may bill to no longer; says what has changed.
struct Left {
  bool downgraded = false;
  std::string default_payer;
};
Left LeaveBilling(World& world, const std::string& user, const std::string& organization);
// Sets up billing of a user who may bill to an organization that has it.
bool UpgradeByOrganization(World& world, const std::string& user);

// A credit of the account, numbered by the entry; returns its lot.
size_t AddCredit(World& world, Account& account, Credit credit);

// Brings about what time brings.
void Due(World& world, absl::Time now);

// Everything that an account holds back from being closed or merged.
bool HasOpenHolds(World& world, const std::string& account);

}  // namespace bursar::oracle
