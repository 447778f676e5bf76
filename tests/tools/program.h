// Running the programs as people do.
#ifndef TESTS_TOOLS_PROGRAM_H_
#define TESTS_TOOLS_PROGRAM_H_

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

namespace rtfq::test {

struct ProgramResult {
  int exit_code = -1;  // -1: ended by a signal
  std::string out;
  std::string err;
};

// A program of rtfq/tools, or of any path in the runfiles, with its arguments,
// running.
class Program {
 public:
  struct Options {
    // Largest file it may write, as on a full disk; 0: any.
    long max_file_bytes = 0;
  };

  Program(const std::string& name, const std::vector<std::string>& arguments,
          const Options& options);
  Program(const std::string& name, const std::vector<std::string>& arguments)
      : Program(name, arguments, Options()) {}
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  void Signal(int signal);
  bool running();
  ProgramResult Wait();

 private:
  std::string folder_;  // of what it prints
  pid_t pid_ = -1;
  std::optional<int> status_;
};

ProgramResult RunProgram(const std::string& name,
                         const std::vector<std::string>& arguments);

// Expects exit code 1 and exactly one line on stderr, "error: ...".
void ExpectOneError(const ProgramResult& result);

}  // namespace rtfq::test

#endif  // TESTS_TOOLS_PROGRAM_H_
