// Running a program as a person or a supervisor would: with its own input, outputs, exit code and signals.
#pragma once

#include <sys/types.h>

#include <map>
#include <string>
#include <vector>

namespace bursar {

struct Outcome {
  // Negative: the signal that ended it.
  int code = 0;
  std::string out;
  std::string err;
};

// The program with these arguments and nothing in its environment but `variables`. Everything is bounded: what takes
// longer than half a minute is killed, and fails the test by its outcome.
class Process {
 public:
  Process(const std::string& program, std::vector<std::string> arguments,
          const std::map<std::string, std::string>& variables = {}, const std::string& input = "");
  // Kills it where it still runs.
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  // The next line it writes to its output, without the newline; empty at its end.
  std::string ReadLine();
  void Signal(int signal);
  // Waits until it ends.
  Outcome Wait();

 private:
  // False at the end of both outputs.
  bool ReadMore();

  pid_t pid_ = -1;
  int out_ = -1;
  int err_ = -1;
  // What was read and not yet handed out.
  std::string out_text_;
  std::string err_text_;
};

}  // namespace bursar
