// A call that watches: one request, then messages without end.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/api/feed.h"
#include "services/api/stream.h"
#include "services/api/watch.h"

namespace bursar {

// Puts what a Watch picks from the feed on its way, as long as the client takes it in. A client that is slower is not
// queued for: it reads on by position when it has room again.
class Watching : public Stream, public Watcher, public std::enable_shared_from_this<Watching> {
 public:
  struct Options {
    // So many entries with nothing for the watcher, or so long after the last message, and it is told how far it is.
    Position most_untold = 10'000;
    absl::Duration progress_interval = absl::Seconds(4);
  };
  // What to tell whoever sent this request.
  using Opening = std::function<absl::StatusOr<std::unique_ptr<Watch>>(absl::string_view request)>;

  // `feed` outlives the call.
  Watching(Feed& feed, std::shared_ptr<StreamOut> out, Opening open, const Options& options)
      : feed_(feed), out_(std::move(out)), open_(std::move(open)), options_(options) {}
  // Asks for the request.
  void Start() { out_->Want(); }

  void Receive(absl::string_view request) override;
  void HalfClosed() override;
  void Sent() override;
  void Closed() override;

  bool HasRoom() override;
  void Take(const storage::v1::Entry& entry) override;
  void CaughtUp(Position position) override;
  void Failed(const absl::Status& status) override;

 private:
  // Sends the message at hand, where the caller may still be told: everything up to `position` is told then.
  void Tell(Position position);

  Feed& feed_;
  const std::shared_ptr<StreamOut> out_;
  const Opening open_;
  const Options options_;

  // Of whoever is telling: the call's beginning, then the feed.
  std::unique_ptr<Watch> watch_;
  size_t bytes_at_hand_ = 0;
  Position told_ = 0;
  absl::Time told_time_;
  bool was_caught_up_ = false;

  std::mutex mutex_;
  // Sizes of the messages that have not left yet.
  std::deque<size_t> unsent_;
  size_t unsent_bytes_ = 0;
  // The feed waits for room.
  bool awaited_ = false;
};

}  // namespace bursar
