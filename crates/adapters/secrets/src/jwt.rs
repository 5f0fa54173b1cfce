//! Access tokens: JSON Web Tokens (RFC 7519), signed with HS256 and read with nothing else.

use crate::hmac;
use chrono::DateTime;
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use paygate_core::Timestamp;
use paygate_core::id::{SessionId, UserId};
use paygate_ports::{AccessTokens, Claims, TokenError};
use serde::{Deserialize, Serialize};
use std::fmt;

/// What tokens are signed with: 32 characters or more, as many bytes as the hash has (RFC 7518 section
/// 3.2).
#[derive(Clone)]
pub struct SigningSecret(Vec<u8>);

/// The text is too short to sign with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must have at least 32 characters")]
pub struct WeakSecret;

impl SigningSecret {
    /// Takes a secret.
    ///
    /// # Errors
    /// [`WeakSecret`].
    pub fn parse(text: &str) -> Result<Self, WeakSecret> {
        match text.chars().count() {
            0..32 => Err(WeakSecret),
            _ => Ok(Self(text.as_bytes().to_vec())),
        }
    }
}

impl fmt::Debug for SigningSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningSecret(***)")
    }
}

/// How tokens are made and read.
#[derive(Clone, Debug)]
pub struct JwtConfig {
    /// What they are signed with.
    pub secret: SigningSecret,
    /// What they were signed with before: such are read, too, while the secret is changed.
    pub previous: Option<SigningSecret>,
    /// Who makes them (`iss`).
    pub issuer: String,
    /// For whom (`aud`).
    pub audience: String,
}

/// Makes and reads tokens.
pub struct Jwt {
    signs: EncodingKey,
    reads: Vec<DecodingKey>,
    issuer: String,
    audience: String,
    rules: Validation,
}

/// What a token holds, by the names of RFC 7519 section 4.1 and OpenID's `sid`.
#[derive(Serialize, Deserialize)]
struct Said {
    iss: String,
    aud: String,
    sub: String,
    sid: String,
    iat: i64,
    exp: i64,
}

impl Jwt {
    /// Tokens of this configuration.
    #[must_use]
    pub fn new(config: JwtConfig) -> Self {
        hmac::install();
        let JwtConfig { secret, previous, issuer, audience } = config;
        let mut rules = Validation::new(Algorithm::HS256);
        rules.set_issuer(&[&issuer]);
        rules.set_audience(&[&audience]);
        rules.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        // Whether its time is over is looked at by our own clock.
        rules.validate_exp = false;
        let signs = EncodingKey::from_secret(&secret.0);
        let reads = [Some(secret), previous].into_iter().flatten();
        let reads = reads.map(|secret| DecodingKey::from_secret(&secret.0)).collect();
        Self { signs, reads, issuer, audience, rules }
    }

    fn said(&self, token: &str) -> Result<Said, TokenError> {
        let mut refused = TokenError::Invalid("there is nothing to read it with".to_owned());
        for key in &self.reads {
            match decode::<Said>(token, key, &self.rules) {
                Ok(token) => return Ok(token.claims),
                Err(error) => {
                    let by_another = matches!(error.kind(), ErrorKind::InvalidSignature);
                    refused = TokenError::Invalid(error.to_string());
                    if !by_another {
                        break;
                    }
                }
            }
        }
        Err(refused)
    }
}

impl AccessTokens for Jwt {
    fn issue(&self, claims: Claims, now: Timestamp) -> Result<String, TokenError> {
        let said = Said {
            iss: self.issuer.clone(),
            aud: self.audience.clone(),
            sub: claims.user.to_string(),
            sid: claims.session.to_string(),
            iat: now.timestamp(),
            exp: claims.expires_at.timestamp(),
        };
        let token = encode(&Header::new(Algorithm::HS256), &said, &self.signs);
        token.map_err(|error| TokenError::Invalid(error.to_string()))
    }

    fn read(&self, token: &str, now: Timestamp) -> Result<Claims, TokenError> {
        let said = self.said(token)?;
        let bad = |what: &str| TokenError::Invalid(format!("{what} is none of ours"));
        let expires_at = DateTime::from_timestamp(said.exp, 0).ok_or_else(|| bad("exp"))?;
        if expires_at <= now {
            return Err(TokenError::Expired);
        }
        let user: UserId = said.sub.parse().map_err(|_| bad("sub"))?;
        let session: SessionId = said.sid.parse().map_err(|_| bad("sid"))?;
        Ok(Claims { user, session, expires_at })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    const SECRET: &str = "0123456789abcdef0123456789abcdef";
    const OTHER: &str = "fedcba9876543210fedcba9876543210";

    fn config(secret: &str) -> JwtConfig {
        let secret = SigningSecret::parse(secret).unwrap();
        let (issuer, audience) = ("paygate".to_owned(), "wallet".to_owned());
        JwtConfig { secret, previous: None, issuer, audience }
    }

    fn at(second: i64) -> Timestamp {
        DateTime::from_timestamp(1_700_000_000 + second, 0).unwrap()
    }

    fn claims() -> Claims {
        let user = "018bcfe5-687b-7000-8000-000000000001".parse().unwrap();
        let session = "018bcfe5-687b-7000-8000-000000000002".parse().unwrap();
        Claims { user, session, expires_at: at(900) }
    }

    fn said() -> Value {
        let (user, session) = (claims().user.to_string(), claims().session.to_string());
        json!({"iss": "paygate", "aud": "wallet", "sub": user, "sid": session,
            "iat": at(0).timestamp(), "exp": at(900).timestamp()})
    }

    fn signed(said: &Value, secret: &str) -> String {
        hmac::install();
        encode(&Header::new(Algorithm::HS256), said, &EncodingKey::from_secret(secret.as_bytes()))
            .unwrap()
    }

    #[test]
    fn a_token_says_what_it_was_made_to_say_until_its_end() {
        let jwt = Jwt::new(config(SECRET));
        let token = jwt.issue(claims(), at(0)).unwrap();
        for second in [0, 1, 899] {
            assert_eq!(jwt.read(&token, at(second)), Ok(claims()));
        }
        for second in [900, 901, 1_000_000] {
            assert_eq!(jwt.read(&token, at(second)), Err(TokenError::Expired));
        }
        assert_eq!(
            jwt.read(&signed(&said(), SECRET), at(1)),
            Ok(claims()),
            "by its standard names"
        );
    }

    #[test]
    fn what_was_signed_before_is_read_while_the_secret_is_changed() {
        let old = Jwt::new(config(SECRET));
        let previous = Some(SigningSecret::parse(SECRET).unwrap());
        let both = Jwt::new(JwtConfig { previous, ..config(OTHER) });
        let new = Jwt::new(config(OTHER));
        let (before, after) =
            (old.issue(claims(), at(0)).unwrap(), both.issue(claims(), at(0)).unwrap());
        assert_eq!(both.read(&before, at(1)), Ok(claims()));
        assert_eq!(both.read(&after, at(1)), Ok(claims()));
        assert_eq!(new.read(&after, at(1)), Ok(claims()));
        for (jwt, token) in [(&old, &after), (&new, &before)] {
            assert!(matches!(jwt.read(token, at(1)), Err(TokenError::Invalid(_))));
        }
    }

    #[test]
    fn what_is_none_of_ours_says_nothing() {
        let jwt = Jwt::new(config(SECRET));
        let mut tokens = vec![signed(&said(), OTHER)];
        for (name, value) in [
            ("iss", json!("somebody")),
            ("aud", json!("others")),
            ("aud", json!(["others"])),
            ("sub", json!("1")),
            ("sid", json!(7)),
            ("exp", json!("soon")),
            ("exp", json!(i64::MAX)),
        ] {
            let mut changed = said();
            changed[name] = value;
            tokens.push(signed(&changed, SECRET));
            let mut without = said();
            without.as_object_mut().unwrap().remove(name);
            tokens.push(signed(&without, SECRET));
        }
        let good = signed(&said(), SECRET);
        let [head, body, signature] = good.split('.').collect::<Vec<_>>()[..] else { panic!() };
        // {"alg":"none"}, {"alg":"HS512","typ":"JWT"}, {"alg":"RS256","typ":"JWT"}, each signed with our
        // secret, as whoever mistakes the algorithm would have it.
        let heads = [
            "eyJhbGciOiJub25lIn0",
            "eyJhbGciOiJIUzUxMiIsInR5cCI6IkpXVCJ9",
            "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9",
        ];
        let sign = |head: &str| {
            let (message, key) =
                (format!("{head}.{body}"), EncodingKey::from_secret(SECRET.as_bytes()));
            let signed = jsonwebtoken::crypto::sign(message.as_bytes(), &key, Algorithm::HS256);
            format!("{message}.{}", signed.unwrap())
        };
        assert_eq!(jwt.read(&sign(head), at(1)), Ok(claims()), "our own head, signed this way");
        for other in heads {
            tokens.extend([sign(other), format!("{other}.{body}.")]);
        }
        tokens.extend([
            String::new(),
            "a.b.c".to_owned(),
            format!("{head}.{body}"),
            format!("{head}.{body}.{signature}x"),
            format!("{head}.{}.{signature}", body.to_lowercase()),
        ]);
        for token in tokens {
            let read = jwt.read(&token, at(1));
            assert!(matches!(read, Err(TokenError::Invalid(_))), "{token}: {read:?}");
        }
    }

    #[test]
    fn a_weak_secret_signs_nothing_and_none_is_shown() {
        assert_eq!(SigningSecret::parse(&SECRET[1..]).err(), Some(WeakSecret));
        let shown = format!("{:?}", config(SECRET));
        assert!(!shown.contains(SECRET) && shown.contains("SigningSecret(***)"), "{shown}");
    }
}
