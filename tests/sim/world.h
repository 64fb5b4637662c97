// A ledger with its log, projections, service and clients, all in one thread under one trace; and everything that must
// be true of it, looked at after every step.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "google/protobuf/message.h"
#include "ledger/base/clock.h"
#include "ledger/base/link_key.h"
#include "ledger/engine/ledger.h"
#include "services/api/calls.h"
#include "tests/laws/dice.h"
#include "tests/laws/laws.h"
#include "tests/laws/workload.h"
#include "tests/oracle/oracle.h"
#include "tests/sim/sim_log.h"
#include "tests/sim/sometimes.h"
#include "tests/sim/swarm.h"
#include "tests/sim/trace.h"

namespace bursar::sim {

// Told in a line what was asked and answered.
using Watcher = std::function<void(const std::string& line)>;

class World {
 public:
  // `folder` is made for files where the world has any, and removed at the end. The others outlive it.
  World(const Trace& trace, std::string folder, Sometimes& sometimes, laws::Sightings& sightings, Watcher watcher);
  ~World();

  // Has an independent model judge every answer too. Before Run.
  void AskOracle() { oracle_ = std::make_unique<oracle::Oracle>(); }

  // Steps through the trace with faults, then heals them all and waits for everything to be resolved, then looks at
  // everything once more. What was broken first, in words; empty where nothing was.
  std::string Run();

  // Steps taken, and a digest of every answer and of the log: equal traces have equal digests.
  size_t steps() const { return steps_; }
  const std::string& digest() const { return digest_; }

 private:
  using Record = std::array<uint8_t, kStepBytes>;

  // Something that a client wants; it asks until it knows.
  struct Op {
    laws::Asked asked;
    const google::protobuf::MethodDescriptor* method = nullptr;
    std::string bytes;
    std::string request_id;
    std::string fingerprint;
    int client = 0;
    // Everything up to there was answered before it was first asked.
    Position after = 0;
    int tries = 0;
    // On their way to the server or there.
    int outstanding = 0;
    bool resolved = false;
    // Its first answer, and whether there was a crash since, or an answer that says nothing.
    std::optional<std::string> answer;
    Position position = 0;
    bool crashed_since = false;
    bool unknown = false;
  };
  // What the server said to one try.
  struct Reply {
    size_t op = 0;
    absl::Status status;
    std::string bytes;
    // 0 for refusals.
    Position position = 0;
    // Whether the answer came although its only usage record was refused, as `status` says.
    bool is_answer = false;
    // Whether the committer's turn answered it, so that replies come in the order in which they were decided; or the
    // service at once, from what was durable.
    bool of_commit = false;
    bool at_once = false;
  };
  struct Written {
    std::string key;  // principal and request id
    std::string fingerprint;
  };

  bool Open();
  void Close();
  void LeaveProjections(laws::Dice& dice);
  void Step(const Record& record);

  // Activities; false where there was nothing to do.
  bool Act(Activity activity, laws::Dice& dice);
  bool Ask(laws::Dice& dice);
  bool Deliver(laws::Dice& dice);
  bool Retry(laws::Dice& dice);
  bool Decide();
  bool Commit();
  bool Checkpoint();
  bool Read(laws::Dice& dice);
  bool MoveTime(laws::Dice& dice);
  bool Fault(laws::Dice& dice);
  bool Crash(laws::Dice& dice);

  void OpenMail(laws::Asked& asked, laws::Dice& dice) const;
  void Send(size_t op, laws::Dice& dice);
  void Serve(size_t op);
  void ServeRead(const Principal& principal, const char* method, const google::protobuf::Message& request,
                 const std::function<void(const google::protobuf::Message&)>& look);
  // Takes in what was answered and what has become durable.
  void Settle(laws::Dice& dice);
  void Take(const Reply& reply, laws::Dice& dice);
  void TakeAnswer(Op& op, const Reply& reply);
  void TakeRefusal(Op& op, const Reply& reply);
  // Reads what has become durable since, without taking it in.
  void FetchEntries();
  void FollowLogTo(Position position);
  // Shows the oracle what was answered, where it was decided just now.
  void Judge(const Op& op, const Reply& reply, Position position, absl::Time time);
  void JudgeIfNew(const Op& op, const Reply& reply);
  // What became of commands that were written and never answered is found out by asking again.
  void ResolveUnanswered();
  void FollowEntry(const storage::v1::Entry& entry);
  void Sight(const storage::v1::Block& block);
  void Sight(const storage::v1::Event& event);
  // The op that the entry was written for; nullptr where there is none.
  const Op* OpOf(const storage::v1::Entry& entry) const;
  // With what only the product knew when it was asked.
  Command CommandOf(const Op& op, const storage::v1::Entry& entry) const;

  void CheckState(const char* when);
  void Heal();
  void CheckEnd();
  void CheckProjections();

  template <class... Words>
  void Must(bool holds, const Words&... words) {
    if (!holds && broken_.empty()) broken_ = absl::StrCat(words...);
  }

  const Trace& trace_;
  const Swarm swarm_;
  const std::string folder_;
  Sometimes& sometimes_;
  const Watcher watcher_;

  ManualClock clock_;
  const LinkKey links_;
  SimLog log_;
  std::unique_ptr<Ledger> ledger_;
  std::unique_ptr<Calls> calls_;
  // Counts processes: what is answered by one that has ended has never arrived.
  int process_ = 0;
  bool ending_ = false;
  bool has_older_projections_ = false;
  bool committing_ = false;
  bool delivering_ = false;
  bool group_decided_ = false;
  absl::Time decided_time_;
  int64_t last_block_time_ = 0;
  // Where the log ended when this process began.
  Position recovered_ = 0;
  bool healed_ = false;

  std::deque<Op> ops_;
  std::vector<size_t> network_;
  std::vector<size_t> open_;  // not resolved
  std::vector<Reply> replies_;
  std::vector<Position> seen_;  // by client
  Position answered_ = 0;
  uint64_t next_id_ = 0;
  // Running digest of all replies.
  uint64_t replies_digest_ = 14'695'981'039'346'656'037U;
  // Ops by principal and request id.
  absl::flat_hash_map<std::string, std::vector<size_t>> by_key_;
  std::vector<Written> written_;  // by position - 1
  absl::flat_hash_map<std::string, Position> written_at_;
  absl::flat_hash_map<Position, size_t> check_at_;

  // What follows from the durable log, entry by entry.
  State state_;
  laws::Laws laws_;
  laws::Workload workload_;
  // Null where it is not asked, or once it could not be told of everything.
  std::unique_ptr<oracle::Oracle> oracle_;
  // Entries that the oracle has not been told of, oldest first.
  std::deque<Position> unjudged_;
  Chain chain_;
  // All that was read of the log; state_ has taken in the first state_.position of them.
  std::deque<storage::v1::Entry> entries_;

  size_t steps_ = 0;
  std::string digest_;
  std::string broken_;
};

}  // namespace bursar::sim
