//! The functions by their names: all that Terraform has are here, or left out for a reason.

use backstay::config::eval::functions::{LEFT_OUT, left_out, names};

/// What `terraform metadata functions -json` of Terraform 1.11.4 lists, without `core::`.
const TERRAFORM: &str = "\
    abs abspath alltrue anytrue base64decode base64encode base64gzip base64sha256 base64sha512 \
    basename bcrypt can ceil chomp chunklist cidrhost cidrnetmask cidrsubnet cidrsubnets coalesce \
    coalescelist compact concat contains csvdecode dirname distinct element endswith \
    ephemeralasnull file filebase64 filebase64sha256 filebase64sha512 fileexists filemd5 fileset \
    filesha1 filesha256 filesha512 flatten floor format formatdate formatlist indent index \
    issensitive join jsondecode jsonencode keys length log lookup lower matchkeys max md5 merge min \
    nonsensitive one parseint pathexpand plantimestamp pow range regex regexall replace reverse \
    rsadecrypt sensitive setintersection setproduct setsubtract setunion sha1 sha256 sha512 signum \
    slice sort split startswith strcontains strrev substr sum templatefile templatestring \
    textdecodebase64 textencodebase64 timeadd timecmp timestamp title tobool tolist tomap tonumber \
    toset tostring transpose trim trimprefix trimspace trimsuffix try upper urlencode uuid uuidv5 \
    values yamldecode yamlencode zipmap";

#[test]
fn every_function_of_terraform_is_here_or_left_out_for_a_reason() {
    let ours = names();
    for name in TERRAFORM.split_whitespace() {
        let here = ours.contains(&name);
        assert!(here != left_out(name).is_some(), "{name}");
    }
    assert!(LEFT_OUT.iter().all(|(name, _)| !ours.contains(name)));
}

/// OpenTofu's, and those that say what is known of a value that is not.
const OTHERS: &str = "assumeequal assumelistlength assumelistlengthmax assumelistlengthmin \
    assumemaplength assumemaplengthmax assumemaplengthmin assumenotnull assumesetlength assumesetlengthmax \
    assumesetlengthmin assumestringprefix base64gunzip cidrcontains urldecode";

#[test]
fn what_terraform_does_not_know_is_named_here() {
    let known: Vec<&str> = TERRAFORM
        .split_whitespace()
        .chain(OTHERS.split_whitespace())
        .collect();
    let others: Vec<&str> = names().into_iter().filter(|name| !known.contains(name)).collect();
    assert_eq!(others, Vec::<&str>::new());
}
