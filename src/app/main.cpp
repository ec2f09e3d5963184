#include "app/cli.h"

int main(int argc, char** argv) {
  return wardbook::app::run_command(argc, argv);
}
