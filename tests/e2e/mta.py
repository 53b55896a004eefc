"""Postfix in a folder of its own: it delivers to local mailboxes and by aliases, listens on nothing
but Unix sockets in that folder, and ends with the test. The Postfix that the package sets up is not
touched.
"""

import os
import pathlib
import pwd
import signal
import subprocess

from harness import clean_environment, wait_until

DOMAIN = "goal.example"
SBIN = pathlib.Path("/usr/sbin")
PROGRAMS = pathlib.Path("/usr/lib/postfix/sbin")
PIPE_USER = "mail"  # as whom an alias's command runs; nobody may have no account

MAIN = """compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
command_directory = {sbin}
daemon_directory = {programs}
maillog_file = {folder}/log
maillog_file_prefixes = {folder}
mail_owner = postfix
setgid_group = postdrop
myhostname = mail.{domain}
mydestination = {domain}
inet_interfaces = loopback-only
default_transport = error:no mail leaves this test
alias_maps = hash:{folder}/etc/aliases
alias_database =
local_recipient_maps =
recipient_delimiter = +
default_privs = {pipe_user}
biff = no
"""

MASTER = """pickup unix n - n 1 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
error unix - - n - - error
retry unix - - n - - error
local unix - n n - - local
postlog unix-dgram n - n - 1 postlogd
"""


def is_installed():
    return (PROGRAMS / "master").exists()


class Postfix:
    """`aliases`: the lines of the alias file; what stands there as a path is a mailbox."""

    def __init__(self, folder, aliases):
        self.folder, self.etc = folder, folder / "etc"
        for name in ("etc", "queue", "data"):
            (folder / name).mkdir(parents=True)
        os.chown(folder / "data", pwd.getpwnam("postfix").pw_uid, -1)
        (self.etc / "main.cf").write_text(MAIN.format(
            folder=folder, sbin=SBIN, programs=PROGRAMS, domain=DOMAIN, pipe_user=PIPE_USER))
        (self.etc / "master.cf").write_text(MASTER)
        (self.etc / "aliases").write_text("".join(f"{line}\n" for line in aliases))
        self.run("postalias", "-c", self.etc, f"hash:{self.etc}/aliases")
        self.run("postfix", "-c", self.etc, "check")
        self.process = None

    def run(self, program, *args):
        subprocess.run([SBIN / program, *args], check=True, capture_output=True, text=True,
                       timeout=60, env=clean_environment(PATH="/usr/sbin:/usr/bin:/sbin:/bin"))

    def start(self):
        # In the foreground, and at the head of a group of its own: it ends all of that with itself
        self.process = subprocess.Popen(
            [PROGRAMS / "master", "-c", self.etc, "-d", "-s"], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, process_group=0,
            env=clean_environment(MAIL_CONFIG=str(self.etc)))
        wait_until(lambda: "daemon started" in self.log())
        return self

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(30)

    def log(self):
        path = self.folder / "log"
        return path.read_text(errors="replace") if path.exists() else ""

    @property
    def sendmail(self):
        return f"{SBIN}/sendmail -C {self.etc} -t -i"

    def send(self, message):
        subprocess.run([*self.sendmail.split()], input=message.as_bytes(), check=True, timeout=60,
                       env=clean_environment())
