/*
 * goald: the command line. What runs then is daemon.c's.
 */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "config.h"
#include "daemon.h"
#include "log.h"

enum { EXIT_USAGE = 2 };

struct arguments {
    const char *file;
    const char **settings; /* "key=value", ended by NULL; owned */
    size_t n_settings;
    bool check;
};

static void print_help(void)
{
    printf("Usage: goald [OPTION]...\n"
           "Tracks a national strategy's goals; serves io.goald.Tracker on a Unix socket.\n"
           "\n"
           "  -c, --config FILE      read FILE instead of " CONFIG_FILE "\n"
           "  -s, --set KEY=VALUE    as a line of the file; may be repeated\n"
           "      --check-config     read the configuration, say what is wrong, and exit\n"
           "      --print-config     print a commented example configuration, and exit\n"
           "  -V, --version          print the version, and exit\n"
           "  -h, --help             print this, and exit\n"
           "\n"
           "SIGHUP reads the configuration again, SIGTERM stops in good order. Without `database`\n"
           "goald runs a PostgreSQL of its own below state_directory.\n"
           "\n"
           "Keys:\n");
    config_print_help(stdout);
}

static int add_setting(struct arguments *arguments, const char *setting)
{
    const char **settings =
        reallocarray(arguments->settings, arguments->n_settings + 2, sizeof(*settings));

    if (!settings)
        return -1;
    settings[arguments->n_settings++] = setting;
    settings[arguments->n_settings] = NULL;
    arguments->settings = settings;
    return 0;
}

/* The exit status if that is all, or -1 to go on. */
static int read_arguments(int argc, char **argv, struct arguments *arguments)
{
    enum { CHECK = 256, PRINT };
    static const struct option options[] = {
        {"config", required_argument, NULL, 'c'},
        {"set", required_argument, NULL, 's'},
        {"check-config", no_argument, NULL, CHECK},
        {"print-config", no_argument, NULL, PRINT},
        {"version", no_argument, NULL, 'V'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };

    for (int c; (c = getopt_long(argc, argv, "c:s:Vh", options, NULL)) != -1;) {
        switch (c) {
        case 'c':
            arguments->file = optarg;
            break;
        case 's':
            if (add_setting(arguments, optarg) < 0)
                return EXIT_FAILURE;
            break;
        case CHECK:
            arguments->check = true;
            break;
        case PRINT:
            config_print_example(stdout);
            return EXIT_SUCCESS;
        case 'V':
            puts("goald " GOALD_VERSION);
            return EXIT_SUCCESS;
        case 'h':
            print_help();
            return EXIT_SUCCESS;
        default:
            return EXIT_USAGE;
        }
    }
    if (optind < argc) {
        fprintf(stderr, "goald: unexpected argument \"%s\"; see goald --help\n", argv[optind]);
        return EXIT_USAGE;
    }
    return -1;
}

int main(int argc, char **argv)
{
    struct arguments arguments = {0};
    AUTO(config_freep) struct config *config = NULL;
    AUTO(free_ptr) char *message = NULL;
    int status = read_arguments(argc, argv, &arguments);

    if (status < 0 && config_load(arguments.file, arguments.settings, &config, &message) < 0) {
        fprintf(stderr, "goald: %s\n", message ? message : "out of memory");
        status = EXIT_FAILURE;
    } else if (status < 0 && arguments.check) {
        puts("the configuration is fine");
        status = EXIT_SUCCESS;
    }
    if (status < 0) {
        log_set_level(config->log_level);
        status = daemon_run(config);
    }
    free(arguments.settings);
    return status;
}
