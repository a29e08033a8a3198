# Notes each version of the files that pi-volume.sh writes, one per line: its path, a tab, and its text. Ids, sizes and
# times differ from run to run. Argument: a file for what is there now @default the notes, where a version stands once.
my %known;
my $notes = $ARGV[0] // "/dev/shm/full/versions";
if (open(my $old, "<", $notes)) {
    chomp, $known{$_} = 1 while <$old>;
}
open(my $new, ">>", $notes) or die $!;

sub note {
    my ($path) = @_;
    return if -l $path || $path =~ m{/k3s\.yaml$};
    if (-d $path) {
        opendir(my $folder, $path) or return;
        note("$path/$_") for grep { !/^\.\.?$/ } readdir($folder);
        return;
    }
    open(my $file, "<", $path) or return;
    my $text = do { local $/; <$file> } // "";
    $text =~ s/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/ID/g;
    $text =~ s/^\d+ [\d.]+$/N N/ if $path =~ m{/moved$};
    $text =~ s/\\/\\\\/g;
    $text =~ s/\n/\\n/g;
    my $line = "$path\t$text";
    print $new "$line\n" unless $known{$line}++;
}
note($_) for grep { -e } "/etc/fstab", "/etc/systemd/system", "/etc/udev/rules.d", "/etc/rancher", "/var/lib/pi-volume", "/run/systemd/system";
