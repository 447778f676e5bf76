#include "tests/tools/program.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "gtest/gtest.h"
#include "rtfq/core/check.h"

namespace rtfq::test {
namespace {

std::string ReadAll(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string MakeFolder() {
  const char* base = std::getenv("TEST_TMPDIR");
  std::string name =
      std::string(base == nullptr ? "/tmp" : base) + "/programXXXXXX";
  RTFQ_CHECK(::mkdtemp(name.data()) != nullptr);
  return name;
}

// In the child.
[[noreturn]] void Become(const std::string& folder,
                         const std::vector<std::string>& words,
                         const Program::Options& options) {
  const int out = ::open((folder + "/out").c_str(), O_WRONLY | O_CREAT, 0644);
  const int err = ::open((folder + "/err").c_str(), O_WRONLY | O_CREAT, 0644);
  ::dup2(out, STDOUT_FILENO);
  ::dup2(err, STDERR_FILENO);
  if (options.max_file_bytes > 0) {
    const auto bytes = static_cast<rlim_t>(options.max_file_bytes);
    const struct rlimit limit = {bytes, bytes};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  std::vector<char*> argv;
  for (const std::string& word : words)
    argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  ::execv(argv[0], argv.data());
  ::_exit(127);
}

}  // namespace

Program::Program(const std::string& name,
                 const std::vector<std::string>& arguments,
                 const Options& options)
    : folder_(MakeFolder()) {
  const bool is_path = name.find('/') != std::string::npos;
  std::vector<std::string> words = {is_path ? name : "rtfq/tools/" + name};
  words.insert(words.end(), arguments.begin(), arguments.end());
  pid_ = ::fork();
  RTFQ_CHECK(pid_ >= 0);
  if (pid_ == 0) Become(folder_, words, options);
}

Program::~Program() {
  if (running()) {
    Signal(SIGKILL);
    Wait();
  }
  std::filesystem::remove_all(folder_);
}

void Program::Signal(int signal) {
  if (running()) ::kill(pid_, signal);
}

bool Program::running() {
  if (status_.has_value()) return false;
  int status = 0;
  if (::waitpid(pid_, &status, WNOHANG) != pid_) return true;
  status_ = status;
  return false;
}

ProgramResult Program::Wait() {
  if (!status_.has_value()) {
    int status = 0;
    RTFQ_CHECK(::waitpid(pid_, &status, 0) == pid_);
    status_ = status;
  }
  return {WIFEXITED(*status_) ? WEXITSTATUS(*status_) : -1,
          ReadAll(folder_ + "/out"), ReadAll(folder_ + "/err")};
}

ProgramResult RunProgram(const std::string& name,
                         const std::vector<std::string>& arguments) {
  return Program(name, arguments).Wait();
}

void ExpectOneError(const ProgramResult& result) {
  EXPECT_EQ(result.exit_code, 1) << result.err;
  EXPECT_EQ(result.err.rfind("error: ", 0), 0u) << result.err;
  EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1)
      << result.err;
}

}  // namespace rtfq::test
