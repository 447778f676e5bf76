// Command-line flags of one program.
#ifndef RTFQ_TOOLS_FLAGS_H_
#define RTFQ_TOOLS_FLAGS_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace rtfq {

// Declared, parsed, and read through the variables they were declared with,
// whose values at declaration are the defaults:
//
//   Flags flags("Trains.\n\n  train --run=runs/a\n");
//   flags.Add("run", &run, "folder of the run");
//   RTFQ_ASSIGN_OR_RETURN(positional, flags.Parse(argc, argv));
//
// Forms: --name=value, --name value; --name and --noname for switches. After a
// lone -- everything is positional.
class Flags {
 public:
  // `usage` stands above the list of flags in --help: what the program does and
  // an example.
  explicit Flags(std::string usage) : usage_(std::move(usage)) {}

  // The variables must outlive Parse().
  void Add(const std::string& name, std::string* value,
           const std::string& help);
  void Add(const std::string& name, int64_t* value, const std::string& help);
  void Add(const std::string& name, bool* value, const std::string& help);
  // May be given more than once.
  void Add(const std::string& name, std::vector<std::string>* value,
           const std::string& help);

  // Returns what is not a flag, in order. kInvalidArgument for a flag that is
  // unknown (the nearest ones are named), has no value or a wrong one, or is
  // given twice, and for more than `most_positional` other arguments.
  absl::StatusOr<std::vector<std::string>> Parse(int argc,
                                                 const char* const* argv,
                                                 size_t most_positional = 0);

  // Whether --help was given: then print Help() and do nothing else.
  bool help_wanted() const { return help_wanted_; }
  std::string Help() const;

 private:
  struct Flag {
    std::string name;
    std::string help;
    std::string default_text;
    // One of these is set.
    std::string* text = nullptr;
    int64_t* number = nullptr;
    bool* is_on = nullptr;
    std::vector<std::string>* list = nullptr;
    bool given = false;
  };

  Flag* Find(const std::string& name);
  absl::Status Unknown(const std::string& name) const;
  static absl::Status Set(Flag& flag, const std::string& value);
  // Reads argv[i] and perhaps argv[i+1]; returns how many.
  absl::StatusOr<int> ParseOne(int argc, const char* const* argv, int i);

  std::string usage_;
  std::vector<Flag> flags_;
  bool help_wanted_ = false;
};

// Writes "error: <message>" to stderr unless the status is OK. Returns what
// main() should return: 0 or 1.
int ExitCode(const absl::Status& status);

// The same of what `program` returns. Memory that runs out on the way ends the
// process with such a line and 1, too; `hint` says what would take less.
int RunMain(absl::Status (*program)(int, char**), int argc, char** argv,
            const char* hint = "");

}  // namespace rtfq

#endif  // RTFQ_TOOLS_FLAGS_H_
