// How the program ends, for scripts and supervisors.
#pragma once

namespace bursar::cli {

enum ExitCode {
  kDone = 0,
  // The ledger answered with an error: nothing happened.
  kRefused = 1,
  // The gate was asked and said no.
  kDenied = 2,
  // A wrong flag, value or setting; nothing was sent.
  kMisuse = 64,
  // No answer: there is no server, or it did not answer in time. A write may or may not have happened.
  kNoAnswer = 69,
  // The data folder cannot be used or written; opening it again may help.
  kDataUnavailable = 75,
  // The data is damaged; opening it again will not help.
  kDataDamaged = 78,
  // A signal asked for the end, which came in order; what was complete stays.
  kInterrupted = 130,
};

}  // namespace bursar::cli
