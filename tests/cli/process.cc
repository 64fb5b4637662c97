#include "tests/cli/process.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>

#include "ledger/base/check.h"

namespace bursar {
namespace {

constexpr int kMostMilliseconds = 30'000;

std::vector<char*> Pointers(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

// A file without a name that holds the text, at its beginning.
int FileWith(const std::string& text) {
  std::FILE* file = std::tmpfile();
  BURSAR_CHECK(file != nullptr);
  std::fwrite(text.data(), 1, text.size(), file);
  std::rewind(file);
  const int descriptor = fcntl(fileno(file), F_DUPFD_CLOEXEC, 0);
  std::fclose(file);
  return descriptor;
}

// Appends what is there; false at the end.
bool ReadInto(int& descriptor, std::string& text) {
  char buffer[4096];
  const ssize_t count = read(descriptor, buffer, sizeof(buffer));
  if (count <= 0) {
    close(descriptor);
    descriptor = -1;
    return false;
  }
  text.append(buffer, count);
  return true;
}

}  // namespace

Process::Process(const std::string& program, std::vector<std::string> arguments,
                 const std::map<std::string, std::string>& variables, const std::string& input) {
  arguments.insert(arguments.begin(), program);
  std::vector<std::string> environment;
  for (const auto& [name, value] : variables) environment.push_back(name + "=" + value);

  int out[2];
  int err[2];
  BURSAR_CHECK(pipe2(out, O_CLOEXEC) == 0 && pipe2(err, O_CLOEXEC) == 0);
  const int in = FileWith(input);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, err[1], STDERR_FILENO);
  BURSAR_CHECK(posix_spawn(&pid_, program.c_str(), &actions, nullptr, Pointers(arguments).data(),
                           Pointers(environment).data()) == 0);
  posix_spawn_file_actions_destroy(&actions);
  close(in);
  close(out[1]);
  close(err[1]);
  out_ = out[0];
  err_ = err[0];
}

Process::~Process() {
  if (pid_ > 0) {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  if (out_ >= 0) close(out_);
  if (err_ >= 0) close(err_);
}

bool Process::ReadMore() {
  pollfd files[] = {{out_, POLLIN, 0}, {err_, POLLIN, 0}};  // a negative one is passed over
  if (out_ < 0 && err_ < 0) return false;
  if (poll(files, 2, kMostMilliseconds) <= 0) {
    kill(pid_, SIGKILL);
    return false;
  }
  if (files[0].revents != 0) ReadInto(out_, out_text_);
  if (files[1].revents != 0) ReadInto(err_, err_text_);
  return true;
}

std::string Process::ReadLine() {
  while (out_text_.find('\n') == std::string::npos && out_ >= 0 && ReadMore()) {
  }
  const size_t end = std::min(out_text_.find('\n'), out_text_.size());
  const std::string line = out_text_.substr(0, end);
  out_text_.erase(0, end + 1);
  return line;
}

void Process::Signal(int signal) {
  if (pid_ > 0) kill(pid_, signal);
}

Outcome Process::Wait() {
  while (ReadMore()) {
  }
  int status = 0;
  BURSAR_CHECK(waitpid(pid_, &status, 0) == pid_);
  pid_ = -1;
  return {.code = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status), .out = out_text_, .err = err_text_};
}

}  // namespace bursar
