#include "rtfq/tools/flags.h"

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <new>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "rtfq/core/nearest_names.h"
#include "rtfq/core/status_macros.h"

namespace rtfq {
namespace {

constexpr char kHelp[] = "help";

}  // namespace

void Flags::Add(const std::string& name, std::string* value,
                const std::string& help) {
  flags_.push_back(
      {.name = name, .help = help, .default_text = *value, .text = value});
}

void Flags::Add(const std::string& name, int64_t* value,
                const std::string& help) {
  flags_.push_back({.name = name,
                    .help = help,
                    .default_text = absl::StrCat(*value),
                    .number = value});
}

void Flags::Add(const std::string& name, bool* value, const std::string& help) {
  flags_.push_back({.name = name,
                    .help = help,
                    .default_text = *value ? "true" : "false",
                    .is_on = value});
}

void Flags::Add(const std::string& name, std::vector<std::string>* value,
                const std::string& help) {
  flags_.push_back(
      {.name = name, .help = help, .default_text = "", .list = value});
}

Flags::Flag* Flags::Find(const std::string& name) {
  for (Flag& flag : flags_) {
    if (flag.name == name) return &flag;
  }
  return nullptr;
}

absl::Status Flags::Unknown(const std::string& name) const {
  std::vector<std::string> names = {kHelp};
  for (const Flag& flag : flags_) names.push_back(flag.name);
  return absl::InvalidArgumentError(absl::StrCat(
      "unknown flag --", name, "; flags: ", NearestFirst(names, name)));
}

absl::Status Flags::Set(Flag& flag, const std::string& value) {
  if (flag.given && flag.list == nullptr) {
    return absl::InvalidArgumentError(
        absl::StrCat("--", flag.name, " is given twice"));
  }
  flag.given = true;
  bool ok = true;
  const char* wanted = "";
  if (flag.text != nullptr) {
    *flag.text = value;
  } else if (flag.list != nullptr) {
    flag.list->push_back(value);
  } else if (flag.number != nullptr) {
    ok = absl::SimpleAtoi(value, flag.number);
    wanted = "an integer";
  } else {
    ok = absl::SimpleAtob(value, flag.is_on);
    wanted = "true or false";
  }
  if (ok) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "--", flag.name, "=", value, ": '", value, "' is not ", wanted));
}

absl::StatusOr<int> Flags::ParseOne(int argc, const char* const* argv, int i) {
  const std::string word = argv[i];
  const size_t dashes = word.rfind("--", 0) == 0 ? 2 : 1;
  const size_t equals = word.find('=');
  const std::string name = word.substr(
      dashes, equals == std::string::npos ? equals : equals - dashes);
  if (name == kHelp || name == "h") {
    help_wanted_ = true;
    return 1;
  }
  Flag* flag = Find(name);
  if (flag == nullptr && equals == std::string::npos &&
      name.rfind("no", 0) == 0) {
    flag = Find(name.substr(2));
    if (flag == nullptr || flag->is_on == nullptr) return Unknown(name);
    RTFQ_RETURN_IF_ERROR(Set(*flag, "false"));
    return 1;
  }
  if (flag == nullptr) return Unknown(name);
  if (equals != std::string::npos) {
    RTFQ_RETURN_IF_ERROR(Set(*flag, word.substr(equals + 1)));
    return 1;
  }
  if (flag->is_on != nullptr) {
    RTFQ_RETURN_IF_ERROR(Set(*flag, "true"));
    return 1;
  }
  if (i + 1 >= argc || std::string(argv[i + 1]).rfind("--", 0) == 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("--", name, " needs a value: --", name, "=..."));
  }
  RTFQ_RETURN_IF_ERROR(Set(*flag, argv[i + 1]));
  return 2;
}

absl::StatusOr<std::vector<std::string>> Flags::Parse(int argc,
                                                      const char* const* argv,
                                                      size_t most_positional) {
  std::vector<std::string> positional;
  bool only_positional = false;
  for (int i = 1; i < argc;) {
    const std::string word = argv[i];
    if (word == "--" && !only_positional) {
      only_positional = true;
      ++i;
    } else if (only_positional || word.size() < 2 || word[0] != '-') {
      positional.push_back(word);
      ++i;
    } else {
      RTFQ_ASSIGN_OR_RETURN(const int words, ParseOne(argc, argv, i));
      i += words;
    }
  }
  if (positional.size() > most_positional && !help_wanted_) {
    return absl::InvalidArgumentError(
        absl::StrCat("unexpected argument '", positional[most_positional],
                     "'; --help shows how to call this"));
  }
  return positional;
}

std::string Flags::Help() const {
  size_t width = 0;
  for (const Flag& flag : flags_) width = std::max(width, flag.name.size());
  std::string text = absl::StrCat(usage_, "\nFlags:\n");
  for (const Flag& flag : flags_) {
    absl::StrAppendFormat(&text, "  --%-*s  %s", static_cast<int>(width),
                          flag.name, flag.help);
    if (!flag.default_text.empty()) {
      absl::StrAppend(&text, " (default: ", flag.default_text, ")");
    }
    if (flag.list != nullptr) text += " (may be repeated)";
    text += "\n";
  }
  return text;
}

int ExitCode(const absl::Status& status) {
  if (status.ok()) return 0;
  std::fprintf(stderr, "error: %s\n", std::string(status.message()).c_str());
  return 1;
}

int RunMain(absl::Status (*program)(int, char**), int argc, char** argv,
            const char* hint) {
  static std::atomic<bool> told = false;
  static const char* what_helps = "";
  what_helps = hint;
  std::set_new_handler([] {
    if (!told.exchange(true)) {
      std::fprintf(stderr, "error: no memory left%s%s\n",
                   *what_helps == '\0' ? "" : "; ", what_helps);
    }
    std::_Exit(1);
  });
  return ExitCode(program(argc, argv));
}

}  // namespace rtfq
