// The streaming calls that are open: each is counted when it ends, and all are ended when the server stops.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/api/stream.h"

namespace bursar {

// Thread-safe. A stream may outlive it, where an answer comes after the end of the call.
class OpenStreams {
 public:
  explicit OpenStreams(size_t most) : most_(most) {}

  // The way back to use instead of `out`. `ended` is called once, at the first end, before the client is told of it. An
  // error where there are too many, or where all have been ended.
  absl::StatusOr<std::shared_ptr<StreamOut>> Add(std::shared_ptr<StreamOut> out,
                                                 std::function<void(const absl::Status&)> ended);

  // Ends all, and all that are added later. Those whose clients do not take in their end within `patience` are cut.
  void EndAll(const absl::Status& status, absl::Duration patience);

 private:
  class OpenStream;
  struct Registry {
    std::mutex mutex;
    std::condition_variable gone;
    absl::flat_hash_map<const OpenStream*, std::weak_ptr<OpenStream>> streams;
    std::optional<absl::Status> ended;
  };

  std::vector<std::shared_ptr<OpenStream>> All() const;

  const size_t most_;
  const std::shared_ptr<Registry> registry_ = std::make_shared<Registry>();
};

}  // namespace bursar
